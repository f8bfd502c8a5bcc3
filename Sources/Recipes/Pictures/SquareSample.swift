public import Datasets
public import Imaging

/// A picture and its truth in the method's square frame.
public struct SquareSample: Sendable {
    /// The picture, stretched with LANCZOS.
    public var image: RGBImage
    /// The truth, stretched with NEAREST.
    public var truth: BinaryMask
    /// The pixels that do not count, stretched with NEAREST; nil where all do.
    public var ignored: BinaryMask?
}

/// Decodes a sample's picture and stretches it and its truth to `side` × `side`, without keeping
/// the aspect, as the method does (arXiv 2512.19302).
public func squareSample(_ sample: SegmentationSample, side: Int) throws -> SquareSample {
    let image = try sample.picture()
    return SquareSample(
        image: image.resized(to: .square(side), filter: .lanczos),
        truth: sample.mask.resized(to: .square(side)),
        ignored: sample.ignored?.resized(to: .square(side)))
}
