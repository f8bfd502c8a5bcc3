import Pickles

// Reference: torch, _weights_only_unpickler.py, serialization.py (persistent_load)

/// What a pickle of `torch.save` mentions beside plain values and containers: storages and tensors.
struct TorchPickle: PickleDialect {
    /// What the objects of the pickle's heap are, by their number.
    private(set) var objects: [Object] = []
    /// The storages in the order in which they are mentioned.
    private(set) var storages: [PickleStorage] = []

    enum Object: Sendable {
        /// A storage, by its place in ``storages``.
        case storage(Int)
        case tensor(PickleTensor)
    }

    static let oldestProtocol = 2
    static let refusal = "is neither a tensor nor a container"

    func allows(_ name: PickleName) -> Bool {
        Function(name) != nil || Self.storageType(name) != nil
    }

    mutating func call(
        _ name: PickleName, _ arguments: [PickleValue], _ heap: inout PickleHeap
    ) throws(PickleFault) -> PickleValue? {
        switch (Function(name), arguments.count) {
        case (.rebuildTensor, 6...7): try tensor(arguments, &heap)
        case (.rebuildParameter, 3): tensor(arguments[0]) == nil ? nil : arguments[0]
        case (.size, 1): heap.sizes(arguments[0]) == nil ? nil : arguments[0]
        default: nil
        }
    }

    /// The storage that ("storage", its type, key, device, elements) names.
    mutating func outside(
        _ identifier: PickleValue, _ heap: inout PickleHeap
    ) throws(PickleFault) -> PickleValue {
        guard let items = heap.tuple(identifier), items.count == 5,
            case .text("storage") = items[0], case .name(let type) = items[1],
            let dtype = Self.storageType(type), case .text(let key) = items[2],
            case .text = items[3], case .integer(let count) = items[4], count >= 0
        else { throw PickleFault("a storage is described in an unknown way") }
        storages.append(PickleStorage(key: key, dtype: dtype, count: count))
        objects.append(.storage(storages.count - 1))
        return heap.addObject("a storage")
    }

    /// The tensor that a value of the pickle is.
    func tensor(_ value: PickleValue) -> PickleTensor? {
        guard case .object(let place) = value, case .tensor(let tensor) = objects[place] else {
            return nil
        }
        return tensor
    }

    /// The place of the storage that a value of the pickle is.
    private func storage(_ value: PickleValue) -> Int? {
        guard case .object(let place) = value, case .storage(let storage) = objects[place] else {
            return nil
        }
        return storage
    }

    /// The tensor of (storage, offset, shape, strides, requires_grad, hooks, metadata).
    private mutating func tensor(
        _ items: [PickleValue], _ heap: inout PickleHeap
    ) throws(PickleFault) -> PickleValue {
        guard let place = storage(items[0]), case .integer(let offset) = items[1],
            offset >= 0, let shape = heap.sizes(items[2]), let strides = heap.sizes(items[3]),
            shape.count == strides.count
        else {
            let kinds = items.prefix(4).map { heap.kind($0) }.joined(separator: ", ")
            throw PickleFault("a tensor is described by (\(kinds)) in an unknown way")
        }
        if items.count == 7, !isEmpty(items[6], heap) {
            throw PickleFault("a tensor has metadata: it is not a plain one")
        }
        let tensor = PickleTensor(storage: place, offset: offset, shape: shape, strides: strides)
        try tensor.check(against: storages[place])
        objects.append(.tensor(tensor))
        return heap.addObject("a tensor")
    }

    private func isEmpty(_ value: PickleValue, _ heap: PickleHeap) -> Bool {
        switch value {
        case .none: true
        case .container(let place): heap.containers[place].items.isEmpty
        default: false
        }
    }
}

// MARK: - Names

extension TorchPickle {
    /// What `torch.save` lets a pickle call.
    private enum Function {
        case size, rebuildTensor, rebuildParameter

        /// nil for any other name.
        init?(_ name: PickleName) {
            switch (name.module, name.name) {
            case ("torch", "Size"): self = .size
            case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
            case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
            default: return nil
            }
        }
    }

    /// The elements of the storage type of that name; nil if it is none.
    private static func storageType(_ name: PickleName) -> DType? {
        switch (name.module, name.name) {
        case ("torch", "UntypedStorage"), ("torch.storage", "UntypedStorage"): .uint8
        case ("torch", let type): storageTypes[type]
        default: nil
        }
    }

    private static let storageTypes: [String: DType] = [
        "FloatStorage": .float32, "BFloat16Storage": .bfloat16, "HalfStorage": .float16,
        "DoubleStorage": .float64, "LongStorage": .int64, "IntStorage": .int32,
        "ByteStorage": .uint8, "BoolStorage": .bool,
    ]
}

// MARK: - Storages and tensors

/// The memory that tensors share, as a pickle describes it.
struct PickleStorage: Sendable {
    /// The name of its file in the archive's folder `data`.
    let key: String
    let dtype: DType
    /// Elements.
    let count: Int
}

/// A tensor, as a pickle describes it; it does not reach past its storage.
struct PickleTensor: Sendable {
    /// Its storage, by its place among the pickle's.
    let storage: Int
    /// The first element's place in the storage, in elements.
    let offset: Int
    let shape: [Int]
    /// In elements, one per dimension.
    let strides: [Int]
}

extension PickleTensor {
    /// libtorch's own limit.
    private static let rankLimit = 64

    /// Fails if an element would stand outside the storage, or if nothing can count the elements.
    fileprivate func check(against storage: PickleStorage) throws(PickleFault) {
        let described = "a tensor of shape \(shape.prefix(8)) with strides \(strides.prefix(8))"
        guard shape.count <= Self.rankLimit else {
            throw PickleFault("\(described) has \(shape.count) dimensions")
        }
        var bytes = storage.dtype.byteCount
        var last = offset
        for (size, stride) in zip(shape, strides) {
            let (product, overflows) = bytes.multipliedReportingOverflow(by: max(size, 1))
            let (reach, reachOverflows) = max(size - 1, 0).multipliedReportingOverflow(by: stride)
            let (sum, sumOverflows) = last.addingReportingOverflow(reach)
            if overflows || reachOverflows || sumOverflows {
                throw PickleFault("\(described) is too large for any memory")
            }
            (bytes, last) = (product, sum)
        }
        if !shape.contains(0), last >= storage.count {
            throw PickleFault(
                "\(described) at \(offset) reaches past its storage of \(storage.count) elements")
        }
    }
}
