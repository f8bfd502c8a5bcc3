public import Imaging
public import Segmentation

/// A colour that hardly occurs in pictures of the earth.
private let maskColor = RGBColor(235, 40, 160)

/// The colour of the truth.
package let truthColor = RGBColor(125, 255, 90)
/// The colour of boxes over pictures of pages.
package let pageBoxColor = RGBColor(255, 210, 31)

/// The colours of boxes and points over a picture.
public enum OverlayColors: Sendable {
    /// A colour for each object; points are green inside, red outside.
    case byObject
    /// Those of pages, which their legend explains: boxes yellow, points white inside, red outside.
    case ofPages

    func box(_ index: Int) -> RGBColor {
        self == .byObject ? .object(index + 1) : pageBoxColor
    }

    func point(isPositive: Bool) -> (color: RGBColor, rim: RGBColor) {
        switch self {
        case .byObject: (isPositive ? .positive : .negative, .white)
        case .ofPages: (isPositive ? .white : RGBColor(255, 59, 48), .black)
        }
    }
}

/// A picture with a mask and prompts drawn over it.
///
/// - Parameters:
///   - picture: the picture
///   - mask: what to tint, in the picture's frame; nil tints nothing
///   - prompts: boxes and points, in `frame`
///   - frame: the frame of the prompts' coordinates
///   - colors: those of boxes and points
/// - Returns: the picture, its size unchanged
public func overlayPicture(
    _ picture: RGBImage, mask: BinaryMask?, prompts: [SegmentationPrompt], frame: ImageFrame,
    colors: OverlayColors = .byObject
) -> RGBImage {
    var drawn = picture
    let style = OverlayStyle(for: picture.frame)
    if let mask { drawn.draw(mask, color: maskColor, style: style) }
    for (index, prompt) in prompts.enumerated() {
        if let box = prompt.box {
            drawn.draw(
                frame.convert(box, to: picture.frame), color: colors.box(index), style: style)
        }
        for (points, isPositive) in [
            (prompt.positivePoints, true), (prompt.negativePoints, false),
        ] {
            let (color, rim) = colors.point(isPositive: isPositive)
            for point in points {
                drawn.draw(
                    frame.convert(point, to: picture.frame), color: color, rim: rim, style: style)
            }
        }
    }
    return drawn
}
