public import Imaging
public import Segmentation

/// A colour that hardly occurs in pictures of the earth.
private let maskColor = RGBColor(235, 40, 160)

/// The colour of the truth.
package let truthColor = RGBColor(125, 255, 90)

/// A picture with a mask and prompts drawn over it.
///
/// - Parameters:
///   - picture: the picture
///   - mask: what to tint, in the picture's frame; nil tints nothing
///   - prompts: boxes and points, in `frame`
///   - frame: the frame of the prompts' coordinates
/// - Returns: the picture, its size unchanged
public func overlayPicture(
    _ picture: RGBImage, mask: BinaryMask?, prompts: [SegmentationPrompt], frame: ImageFrame
) -> RGBImage {
    var drawn = picture
    let style = OverlayStyle(for: picture.frame)
    if let mask { drawn.draw(mask, color: maskColor, style: style) }
    for (index, prompt) in prompts.enumerated() {
        if let box = prompt.box {
            drawn.draw(
                frame.convert(box, to: picture.frame), color: .object(index + 1), style: style)
        }
        for point in prompt.positivePoints {
            drawn.draw(frame.convert(point, to: picture.frame), isPositive: true, style: style)
        }
        for point in prompt.negativePoints {
            drawn.draw(frame.convert(point, to: picture.frame), isPositive: false, style: style)
        }
    }
    return drawn
}
