package import Imaging

extension RGBImage {
    /// A picture without anything in it.
    package static func black(side: Int) -> RGBImage {
        RGBImage(
            width: side, height: side, pixels: [UInt8](repeating: 0, count: side * side * 3))
    }
}
