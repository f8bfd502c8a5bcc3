import CTorchShim

/// How a tensor's elements stand in its storage, which is longer than they need and may be in
/// another order.
struct StridedView {
    private let shape: [Int]
    private let strides: [Int]
    /// Dimensions, the one with the largest steps first.
    private let order: [Int]

    /// A view whose sizes are all above 0.
    init(shape: [Int], strides: [Int]) {
        self.shape = shape
        self.strides = strides
        let moves = shape.indices.map { shape[$0] > 1 ? strides[$0] : 0 }
        // Dimensions that do not move have one element; where they stand does not matter.
        order = shape.indices.sorted { moves[$0] == moves[$1] ? $0 < $1 : moves[$0] > moves[$1] }
    }

    /// The sizes without those that repeat elements, in the order of the storage.
    var denseShape: [Int] { order.map { size($0) } }

    /// Elements, each counted once.
    var count: Int { denseShape.reduce(1, *) }

    /// Whether the elements have no gaps between them.
    var isDense: Bool {
        var expected = 1
        for dimension in order.reversed() where size(dimension) > 1 {
            if strides[dimension] != expected { return false }
            expected *= size(dimension)
        }
        return true
    }

    private func size(_ dimension: Int) -> Int { strides[dimension] == 0 ? 1 : shape[dimension] }

    /// A tensor of `denseShape` with its dimensions in their places, repeated where they are.
    func arranged(_ dense: Tensor) throws -> Tensor {
        var places = order
        for (place, dimension) in order.enumerated() { places[dimension] = place }
        let permuted = try make(#function) { out in
            withList(places) { cts_permute(dense.handle, $0, out) }
        }
        return permuted.shape == shape ? permuted : try permuted.expanded(shape)
    }

    /// A copy of the elements, of `denseShape`; `bytes` begins with the first element.
    func gathered(_ bytes: UnsafeRawBufferPointer, dtype: DType) throws -> Tensor {
        let width = dtype.byteCount
        let sizes = denseShape
        let steps = order.map { strides[$0] }
        var elements = [UInt8](repeating: 0, count: count * width)
        var index = [Int](repeating: 0, count: sizes.count)
        var source = 0
        elements.withUnsafeMutableBytes { target in
            for element in 0..<target.count / width {
                UnsafeMutableRawBufferPointer(rebasing: target[(element * width)...])
                    .copyMemory(
                        from: UnsafeRawBufferPointer(
                            rebasing: bytes[source * width..<source * width + width]))
                var dimension = sizes.count - 1
                while dimension >= 0 {
                    index[dimension] += 1
                    source += steps[dimension]
                    if index[dimension] < sizes[dimension] { break }
                    source -= steps[dimension] * sizes[dimension]
                    index[dimension] = 0
                    dimension -= 1
                }
            }
        }
        return try make(#function) { out in
            withList(sizes) {
                cts_from_data(elements, elements.count, $0, dtype.rawValue, out)
            }
        }
    }
}
