public import Imaging

/// A picture with an answer and the truth drawn over it, as SVG that stays sharp at any size.
public struct SamplePicture: Sendable {
    /// What is drawn over the picture, in the frame of the picture.
    public struct Overlay: Sendable {
        /// The predicted mask; nil for none.
        public var mask: BinaryMask?
        /// The truth; nil leaves it out.
        public var truth: BinaryMask?
        /// The pixels that do not count; nil leaves them out.
        public var ignored: BinaryMask?
        /// Boxes that the policy wrote.
        public var boxes: [Box]
        /// Places that the policy says are inside.
        public var positivePoints: [Point]
        /// Places that the policy says are outside.
        public var negativePoints: [Point]

        /// An overlay from its parts.
        public init(
            mask: BinaryMask? = nil, truth: BinaryMask? = nil, ignored: BinaryMask? = nil,
            boxes: [Box] = [],
            positivePoints: [Point] = [], negativePoints: [Point] = []
        ) {
            self.mask = mask
            self.truth = truth
            self.ignored = ignored
            self.boxes = boxes
            self.positivePoints = positivePoints
            self.negativePoints = negativePoints
        }
    }

    /// The name of the picture in the page, unique there.
    public let id: String
    /// The size at which it is stored, at most ``longestSide`` pixels a side.
    public let frame: ImageFrame
    private let original: ImageFrame
    private let url: String

    /// The longest side of a stored picture, in pixels.
    public static let longestSide = 320

    /// A picture, stored once however often it is drawn.
    ///
    /// - Parameters:
    ///   - picture: the picture
    ///   - id: its name in the page, unique there
    /// - Throws: `ImageError` of the JPEG encoder
    public init(_ picture: RGBImage, id: String) throws {
        self.id = id
        original = picture.frame
        let longest = max(picture.width, picture.height)
        if longest > Self.longestSide {
            let scale = Double(Self.longestSide) / Double(longest)
            frame = ImageFrame(
                width: max(1, Int((Double(picture.width) * scale).rounded())),
                height: max(1, Int((Double(picture.height) * scale).rounded())))
        } else {
            frame = picture.frame
        }
        let small =
            frame == picture.frame ? picture : picture.resized(to: frame, filter: .lanczos)
        url = dataURL(try ImageCodec.encodeJPEG(small, quality: 88), type: "image/jpeg")
    }

    /// The picture with an overlay.
    ///
    /// - Parameters:
    ///   - overlay: what is drawn over it
    ///   - label: what it shows, in words
    ///   - isFirst: whether this is the picture's first place in the page, which holds its bytes
    /// - Returns: an `<svg>`
    public func drawn(_ overlay: Overlay, label: String, isFirst: Bool) -> HTML {
        var parts: [HTML] = []
        let (width, height) = ("\(frame.width)", "\(frame.height)")
        if isFirst {
            parts.append(
                .element(
                    "image",
                    [
                        "id": id, "href": url, "width": width, "height": height,
                        "preserveAspectRatio": "none",
                    ]))
        } else {
            parts.append(.element("use", ["href": "#\(id)"]))
        }
        if let mask = overlay.mask { parts.append(outline(mask, "mask")) }
        if let ignored = overlay.ignored { parts.append(outline(ignored, "ignored")) }
        if let truth = overlay.truth { parts.append(outline(truth, "truth")) }
        parts += overlay.boxes.compactMap { rectangle($0, "box") }
        parts += overlay.positivePoints.compactMap { dot($0, "dot in") }
        parts += overlay.negativePoints.compactMap { dot($0, "dot out") }
        return .element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(width) \(height)",
                "class": "shot", "role": "img", "aria-label": label,
            ], parts)
    }

    private func outline(_ mask: BinaryMask, _ name: String) -> HTML {
        let small = mask.frame == frame ? mask : mask.resized(to: frame)
        return .element("path", ["class": name, "d": small.outlinePath])
    }

    private func rectangle(_ box: Box, _ name: String) -> HTML? {
        let scaled = original.convert(box, to: frame)
        let edges = [scaled.x1, scaled.y1, scaled.x2, scaled.y2]
        guard edges.allSatisfy(isDrawable) else { return nil }
        return .element(
            "rect",
            [
                "class": name, "x": number(min(scaled.x1, scaled.x2)),
                "y": number(min(scaled.y1, scaled.y2)),
                "width": number((scaled.x2 - scaled.x1).magnitude),
                "height": number((scaled.y2 - scaled.y1).magnitude),
            ])
    }

    private func dot(_ point: Point, _ name: String) -> HTML? {
        let scaled = original.convert(point, to: frame)
        guard isDrawable(scaled.x), isDrawable(scaled.y) else { return nil }
        let radius = Double(max(frame.width, frame.height)) / 90
        return .element(
            "circle",
            [
                "class": name, "cx": number(scaled.x), "cy": number(scaled.y), "r": number(radius),
            ])
    }

    /// Coordinates of answers may be anything; what is far outside is not seen anyway.
    private func isDrawable(_ value: Double) -> Bool { value.isFinite && value.magnitude < 1e5 }
}
