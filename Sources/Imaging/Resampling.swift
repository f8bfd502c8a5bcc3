import CImageCodecs

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How ``RGBImage/resized(to:filter:)`` weighs the pixels around a place; as Pillow's filters of
/// the same name.
public enum ResizeFilter: String, Hashable, Sendable, CaseIterable {
    /// The one pixel whose area holds the place.
    case nearest
    /// A triangle of 2 pixels.
    case bilinear
    /// Keys' cubic with a = -0.5, over 4 pixels.
    case bicubic
    /// A windowed sinc over 6 pixels.
    case lanczos

    /// How far from the place pixels have a weight, when the picture grows.
    var support: Double {
        switch self {
        case .nearest: 0.5
        case .bilinear: 1
        case .bicubic: 2
        case .lanczos: 3
        }
    }

    /// The weight at a signed distance in pixels, before normalisation.
    func weight(_ distance: Double) -> Double {
        let x = abs(distance)
        switch self {
        case .nearest:
            return x < 0.5 ? 1 : 0
        case .bilinear:
            return x < 1 ? 1 - x : 0
        case .bicubic:
            let a = -0.5
            if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
            if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
            return 0
        case .lanczos:
            return -3 <= distance && distance < 3 ? sinc(distance) * sinc(distance / 3) : 0
        }
    }
}

private func sinc(_ x: Double) -> Double {
    guard x != 0 else { return 1 }
    return sin(x * .pi) / (x * .pi)
}

/// For each output position along one axis, which input positions count and how much, in fixed
/// point: the sum of a position's weights is about `1 << 22`.
///
/// 22 bits and 8 of the sample leave two bits of a signed 32-bit sum for overshoot; with these
/// numbers the results are Pillow's to the last bit.
struct ResampleAxis {
    static let precision: Int32 = 22

    /// The first input position of each output position.
    private(set) var starts: [Int] = []
    /// How many input positions count for each output position.
    private(set) var counts: [Int] = []
    /// `stride` weights per output position; those past its count are 0.
    private(set) var weights: [Int32] = []
    let stride: Int

    /// Pairs of weights per output position that ``halves`` has.
    var pairs: Int { ((counts.max() ?? 0) + 1) / 2 }

    /// Weights for shrinking or growing `input` positions to `output`.
    init(input: Int, output: Int, filter: ResizeFilter) {
        let scale = Double(input) / Double(output)
        let filterScale = max(scale, 1)
        let support = filter.support * filterScale
        stride = Int(support.rounded(.up)) * 2 + 1
        starts.reserveCapacity(output)
        counts.reserveCapacity(output)
        weights.reserveCapacity(output * stride)
        for position in 0..<output {
            let center = (Double(position) + 0.5) * scale
            let start = max(Int(center - support + 0.5), 0)
            let count = min(Int(center + support + 0.5), input) - start
            // Multiplied by the inverse, not divided: the last bit of a weight depends on it.
            let inverse = 1 / filterScale
            let raw = (0..<count).map {
                filter.weight((Double($0 + start) - center + 0.5) * inverse)
            }
            let total = raw.reduce(0, +)
            starts.append(start)
            counts.append(count)
            weights += raw.map { Self.fixed(total == 0 ? $0 : $0 / total) }
            weights += repeatElement(0, count: stride - count)
        }
    }

    /// The weights as the loops in C take them: per pair the upper halves, then the lower ones.
    var halves: [Int16] {
        let pairs = pairs
        var halves = [Int16](repeating: 0, count: starts.count * pairs * 4)
        for position in starts.indices {
            for tap in 0..<counts[position] {
                let weight = weights[position * stride + tap]
                let place = (position * pairs + tap / 2) * 4 + tap % 2
                halves[place] = Int16(weight >> 11)
                halves[place + 2] = Int16(weight & 0x7FF)
            }
        }
        return halves
    }

    /// Runs `body` with the axis as the loops in C take it.
    func withC<Result>(_ body: (UnsafePointer<CICResampleAxis>) -> Result) -> Result {
        starts.map(Int32.init).withUnsafeBufferPointer { starts in
            halves.withUnsafeBufferPointer { halves in
                var axis = CICResampleAxis(
                    count: starts.count, pairs: pairs, starts: starts.baseAddress,
                    weights: halves.baseAddress)
                return body(&axis)
            }
        }
    }

    private static func fixed(_ weight: Double) -> Int32 {
        let scaled = weight * Double(Int32(1) << precision)
        return Int32(scaled < 0 ? scaled - 0.5 : scaled + 0.5)
    }
}

/// A picture of 8-bit samples with `channels` samples per pixel, between two passes.
struct Samples {
    var width: Int
    var height: Int
    let channels: Int
    var bytes: [UInt8]

    /// The picture in another size; a side that keeps its length is not touched.
    ///
    /// The samples are rounded between the passes, so the order of the passes shows in the last
    /// bit. Pillow took the columns first; since version 13 it takes the rows first when more than
    /// twice as many rows as columns go away. (Found by comparing the results for some thousand
    /// sizes with both orders.)
    func resized(to frame: ImageFrame, filter: ResizeFilter) -> Samples {
        if frame.width == width && frame.height == height { return self }
        if filter == .nearest { return nearest(frame) }
        let lost = (columns: width - frame.width, rows: height - frame.height)
        if lost.rows > 0 && lost.rows > 2 * lost.columns {
            return withHeight(frame.height, filter).withWidth(frame.width, filter)
        }
        return withWidth(frame.width, filter).withHeight(frame.height, filter)
    }

    private func withWidth(_ output: Int, _ filter: ResizeFilter) -> Samples {
        if output == width { return self }
        return resampledColumns(ResampleAxis(input: width, output: output, filter: filter))
    }

    private func withHeight(_ output: Int, _ filter: ResizeFilter) -> Samples {
        if output == height { return self }
        return resampledRows(ResampleAxis(input: height, output: output, filter: filter))
    }

    private func resampledColumns(_ axis: ResampleAxis) -> Samples {
        let output = axis.starts.count
        let count = output * height * channels
        let resampled = [UInt8](unsafeUninitializedCapacity: count) { target, used in
            used = count
            if channels == 3 { return resampleRGB(target, axis) }
            bytes.withUnsafeBufferPointer { source in
                for row in 0..<height {
                    resampleGrayRow(
                        UnsafeBufferPointer(rebasing: source[row * width..<(row + 1) * width]),
                        UnsafeMutableBufferPointer(
                            rebasing: target[row * output..<(row + 1) * output]), axis)
                }
            }
        }
        return Samples(width: output, height: height, channels: channels, bytes: resampled)
    }

    private func resampleRGB(_ target: UnsafeMutableBufferPointer<UInt8>, _ axis: ResampleAxis) {
        let room = (width + axis.pairs * 2) * 16
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: room) { wide in
            axis.withC { axis in
                cic_resample_columns(
                    bytes, width, height, axis, wide.baseAddress, target.baseAddress)
            }
        }
    }

    private func resampledRows(_ axis: ResampleAxis) -> Samples {
        let rowLength = width * channels
        let count = axis.starts.count * rowLength
        let resampled = [UInt8](unsafeUninitializedCapacity: count) { target, used in
            used = count
            var rows = [UnsafePointer<UInt8>?](repeating: nil, count: axis.pairs * 2)
            axis.withC { axis in
                cic_resample_rows(bytes, rowLength, height, axis, &rows, target.baseAddress)
            }
        }
        return Samples(
            width: width, height: axis.starts.count, channels: channels, bytes: resampled)
    }

    private func nearest(_ frame: ImageFrame) -> Samples {
        let columns = nearestPositions(input: width, output: frame.width)
        let rows = nearestPositions(input: height, output: frame.height)
        let count = frame.area * channels
        let picked = [UInt8](unsafeUninitializedCapacity: count) { target, used in
            used = count
            bytes.withUnsafeBufferPointer { source in
                var at = 0
                for row in rows {
                    for column in columns {
                        let from = (row &* width &+ column) &* channels
                        for channel in 0..<channels {
                            target[at &+ channel] = source[from &+ channel]
                        }
                        at &+= channels
                    }
                }
            }
        }
        return Samples(
            width: frame.width, height: frame.height, channels: channels, bytes: picked)
    }
}

/// The input position under the middle of each output position.
///
/// The middle moves on by repeated addition, as in Pillow: where it meets the border of two input
/// positions, the rounding error of the sum decides.
func nearestPositions(input: Int, output: Int) -> [Int] {
    let step = Double(input) / Double(output)
    var middle = step * 0.5
    return (0..<output).map { _ in
        defer { middle += step }
        return min(Int(middle), input - 1)
    }
}

private func level(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, sum >> ResampleAxis.precision)))
}

private func resampleGrayRow(
    _ source: UnsafeBufferPointer<UInt8>, _ target: UnsafeMutableBufferPointer<UInt8>,
    _ axis: ResampleAxis
) {
    axis.weights.withUnsafeBufferPointer { weights in
        for column in 0..<axis.starts.count {
            var sum: Int32 = 1 << (ResampleAxis.precision - 1)
            let start = axis.starts[column]
            let first = column &* axis.stride
            for tap in 0..<axis.counts[column] {
                sum &+= Int32(source[start &+ tap]) &* weights[first &+ tap]
            }
            target[column] = level(sum)
        }
    }
}
