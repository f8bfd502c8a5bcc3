// Legend: h × w blocks of m × m patches of p × p pixels, t repetitions, C = 3 channels, N patches.

/// How a picture is cut into the patches that a vision tower takes: block after block, patch after patch
/// in a block, and in a patch channel, repetition, row, column.
public struct PatchLayout: Hashable, Sendable {
    /// p: rows and columns of a patch, in pixels.
    public let side: Int
    /// m: rows and columns of a block, in patches.
    public let merge: Int
    /// t: how often a patch has each of its pixels, as a film of t equal pictures.
    public let repetitions: Int

    /// A layout from its sizes, all at least 1.
    public init(side: Int, merge: Int, repetitions: Int) {
        precondition(side > 0 && merge > 0 && repetitions > 0)
        self.side = side
        self.merge = merge
        self.repetitions = repetitions
    }

    /// How many numbers a patch has.
    public var patchElements: Int { 3 * repetitions * side * side }

    /// Writes what stands for each sample of a picture, patch after patch.
    ///
    /// - Parameters:
    ///   - image: Sides that are multiples of m * p.
    ///   - table: What stands for each level of each channel: 3 * 256 numbers, those of red first.
    ///   - target: Room for [N, C·t·p·p], all of which is written.
    public func write(
        _ image: RGBImage, table: [Float], to target: UnsafeMutableBufferPointer<Float>
    ) {
        let block = side * merge
        precondition(image.width % block == 0 && image.height % block == 0, "parts of blocks")
        precondition(table.count == 3 * 256, "a table of another size")
        precondition(
            target.count == image.frame.area / (side * side) * patchElements, "room of another size"
        )
        guard var to = target.baseAddress else { return }
        image.pixels.withUnsafeBufferPointer { pixels in
            table.withUnsafeBufferPointer { table in
                guard let pixels = pixels.baseAddress, let table = table.baseAddress else { return }
                for top in stride(from: 0, to: image.height, by: block) {
                    for left in stride(from: 0, to: image.width, by: block) {
                        for patch in 0..<merge * merge {
                            let y = top + patch / merge * side
                            let x = left + patch % merge * side
                            to = writePatch(
                                pixels + (y * image.width + x) * 3, rowLength: image.width * 3,
                                table, to)
                        }
                    }
                }
            }
        }
    }

    /// Writes the patch whose first sample is `from`; the result is behind it.
    private func writePatch(
        _ from: UnsafePointer<UInt8>, rowLength: Int, _ table: UnsafePointer<Float>,
        _ target: UnsafeMutablePointer<Float>
    ) -> UnsafeMutablePointer<Float> {
        let area = side * side
        var to = target
        for channel in 0..<3 {
            let levels = table + channel * 256
            for row in 0..<side {
                let samples = from + (row &* rowLength &+ channel)
                let values = to + row &* side
                for column in 0..<side { values[column] = levels[Int(samples[column &* 3])] }
            }
            for repetition in 1..<max(1, repetitions) {
                (to + repetition * area).update(from: to, count: area)
            }
            to += repetitions * area
        }
        return to
    }
}
