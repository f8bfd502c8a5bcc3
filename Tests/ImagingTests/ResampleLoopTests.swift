import Testing

@testable import Imaging

/// The loops in C against plain sums; what Pillow gives is in the fixtures of `ResizeTests`.
@Suite("Loops of resampling")
struct ResampleLoopTests {
    private struct Frames: Sendable {
        let from: (Int, Int)
        let to: (Int, Int)
    }

    /// Shrunk, grown, kept, down to a single pixel; rows of less and of more than 16 bytes.
    private static let frames: [Frames] =
        [(1, 1), (2, 3), (5, 7), (6, 1), (33, 17), (100, 64), (131, 90)].flatMap { from in
            [(1, 1), (3, 2), (5, 5), (16, 16), (84, 84), (90, 131)].map {
                Frames(from: from, to: $0)
            }
        }

    private func plain(
        _ bytes: [UInt8], lines: Int, length: Int, step: Int, lineStep: Int, _ axis: ResampleAxis
    ) -> [UInt8] {
        (0..<lines).flatMap { line in
            (0..<axis.starts.count).map { position -> UInt8 in
                var sum: Int64 = 1 << 21
                for tap in 0..<axis.counts[position] {
                    let place = line * lineStep + (axis.starts[position] + tap) * step
                    sum += Int64(bytes[place]) * Int64(axis.weights[position * axis.stride + tap])
                }
                return UInt8(clamping: sum >> 22)
            }
        }
    }

    @Test(
        "Rows and columns are the sums of their weighted samples, to the last bit",
        arguments: frames.indices, ResizeFilter.allCases.filter { $0 != .nearest })
    func sums(index: Int, filter: ResizeFilter) {
        let frames = Self.frames[index]
        let (width, height) = frames.from
        let samples = Samples(
            width: width, height: height, channels: 3,
            bytes: (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 * $0 * 31 + $0 * 7) }
        )
        // Extremes next to each other, for sums that leave 0...255.
        let hard = Samples(
            width: width, height: height, channels: 3,
            bytes: samples.bytes.map { $0 & 1 == 0 ? 0 : 255 })
        for source in [samples, hard] {
            let wide = ResampleAxis(input: width, output: frames.to.0, filter: filter)
            if width != frames.to.0 {
                let resized = source.resized(
                    to: ImageFrame(width: frames.to.0, height: height), filter: filter)
                for channel in 0..<3 {
                    let expected = plain(
                        Array(source.bytes[channel...]), lines: height, length: width, step: 3,
                        lineStep: width * 3, wide)
                    let found = stride(from: channel, to: resized.bytes.count, by: 3).map {
                        resized.bytes[$0]
                    }
                    #expect(found == expected)
                }
            }
            let high = ResampleAxis(input: height, output: frames.to.1, filter: filter)
            if height != frames.to.1 {
                let resized = source.resized(
                    to: ImageFrame(width: width, height: frames.to.1), filter: filter)
                let columns = plain(
                    source.bytes, lines: width * 3, length: height, step: width * 3, lineStep: 1,
                    high)
                let expected = (0..<frames.to.1).flatMap { row in
                    (0..<width * 3).map { columns[$0 * frames.to.1 + row] }
                }
                #expect(resized.bytes == expected)
            }
        }
    }

    @Test("A mask's pixels are those under their middles, whether rows are empty or full")
    func masks() {
        for (width, height) in [(1, 1), (63, 20), (64, 3), (130, 40), (200, 7)] {
            var mask = BinaryMask(width: width, height: height)
            for y in 0..<height where y % 3 == 1 {
                for x in 0..<width where (x * 7 + y) % 5 != 0 { mask[x, y] = true }
            }
            mask[width - 1, height - 1] = true
            for (columns, rows) in [(1, 1), (40, 90), (199, 3), (64, 64)] {
                let resized = mask.resized(to: ImageFrame(width: columns, height: rows))
                let (x, y) = (
                    nearestPositions(input: width, output: columns),
                    nearestPositions(input: height, output: rows)
                )
                for row in 0..<rows {
                    for column in 0..<columns {
                        #expect(resized[column, row] == mask[x[column], y[row]])
                    }
                }
            }
        }
    }

    @Test("A picture that has its size already is not copied")
    func identity() {
        let image = RGBImage(width: 40, height: 30, fill: (1, 2, 3))
        let mask = BinaryMask(width: 40, height: 30)
        func address(_ values: [some Any]) -> UInt {
            values.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        }
        #expect(
            address(image.pixels)
                == address(image.resized(to: image.frame, filter: .lanczos).pixels))
        #expect(address(mask.words) == address(mask.resized(to: mask.frame).words))
    }
}
