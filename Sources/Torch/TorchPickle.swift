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
        Function(name) != nil || Self.storageType(name) != nil || Self.elementType(name) != nil
            || Self.isPlainTensor(name)
    }

    mutating func call(
        _ name: PickleName, _ arguments: [PickleValue], _ heap: inout PickleHeap
    ) throws(PickleFault) -> PickleValue? {
        switch (Function(name), arguments.count) {
        case (.rebuildTensor, 6...7): try tensor(arguments, &heap)
        case (.rebuildTypedTensor, 7...8): try typedTensor(arguments, &heap)
        case (.rebuildParameter, 3), (.rebuildParameterWithState, 4):
            tensor(arguments[0]) == nil ? nil : arguments[0]
        case (.rebuildFromType, 4): try fromType(arguments, &heap)
        case (.size, 1): heap.sizes(arguments[0]) == nil ? nil : arguments[0]
        default: nil
        }
    }

    /// The storage that ("storage", its type, key, device, elements) names; before version 1.6 None
    /// follows.
    mutating func outside(
        _ identifier: PickleValue, _ heap: inout PickleHeap
    ) throws(PickleFault) -> PickleValue {
        guard let items = heap.tuple(identifier), items.count == 5 || items.count == 6,
            case .text("storage") = items[0], case .name(let name) = items[1],
            let type = Self.storageType(name), case .text(let key) = items[2],
            case .text = items[3], case .integer(let count) = items[4], count >= 0
        else { throw PickleFault("a storage is described in an unknown way") }
        if items.count == 6, !isEmpty(items[5], heap) {
            throw PickleFault("a storage is a part of another one, as before version 0.4")
        }
        storages.append(PickleStorage(key: key, type: type, count: count))
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

    /// The tensor of (storage, offset, shape, strides, requires_grad, hooks, type, metadata), which has no
    /// type of storage of its own.
    private mutating func typedTensor(
        _ items: [PickleValue], _ heap: inout PickleHeap
    ) throws(PickleFault) -> PickleValue {
        guard case .name(let name) = items[6], let type = Self.elementType(name) else {
            throw PickleFault("a tensor has the type \(heap.kind(items[6]))")
        }
        return try tensor(Array(items[..<6]) + items[7...], of: type, &heap)
    }

    /// The tensor of (storage, offset, shape, strides, requires_grad, hooks, metadata), whose elements have
    /// the storage's type if none is given.
    private mutating func tensor(
        _ items: [PickleValue], of type: StoredType? = nil, _ heap: inout PickleHeap
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
        let tensor = PickleTensor(
            storage: place, type: type ?? storages[place].type, offset: offset, shape: shape,
            strides: strides)
        try tensor.check(against: storages[place])
        objects.append(.tensor(tensor))
        return heap.addObject("a tensor")
    }

    /// The tensor of (function, type, its arguments, attributes): one with attributes of Python, which do
    /// not count.
    private mutating func fromType(
        _ items: [PickleValue], _ heap: inout PickleHeap
    ) throws(PickleFault) -> PickleValue? {
        guard case .name(let function) = items[0], case .name(let type) = items[1],
            Self.isPlainTensor(type), let arguments = heap.tuple(items[2])
        else { return nil }
        switch Function(function) {
        case .rebuildTensor, .rebuildTypedTensor, .rebuildParameter, .rebuildParameterWithState:
            return try call(function, arguments, &heap)
        default: return nil
        }
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
        case size, rebuildTensor, rebuildTypedTensor, rebuildParameter, rebuildParameterWithState
        case rebuildFromType
        /// Of a class that is no plain tensor: it is allowed so that the class is what is refused.
        case rebuildSubclass

        /// nil for any other name.
        init?(_ name: PickleName) {
            switch (name.module, name.name) {
            case ("torch", "Size"): self = .size
            case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
            case ("torch._utils", "_rebuild_tensor_v3"): self = .rebuildTypedTensor
            case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
            case ("torch._utils", "_rebuild_parameter_with_state"):
                self = .rebuildParameterWithState
            case ("torch._tensor", "_rebuild_from_type_v2"): self = .rebuildFromType
            case ("torch._utils", "_rebuild_wrapper_subclass"): self = .rebuildSubclass
            default: return nil
            }
        }
    }

    /// Whether a name is that of a class whose objects are tensors and nothing more.
    private static func isPlainTensor(_ name: PickleName) -> Bool {
        switch (name.module, name.name) {
        case ("torch", "Tensor"), ("torch._tensor", "Tensor"),
            ("torch.nn.parameter", "Parameter"), ("torch.nn", "Parameter"):
            true
        default: false
        }
    }

    /// The elements of the storage type of that name; nil if it is none.
    private static func storageType(_ name: PickleName) -> StoredType? {
        switch (name.module, name.name) {
        case ("torch.storage", "UntypedStorage"), ("torch", _): StoredType(torchStorage: name.name)
        default: nil
        }
    }

    /// The element type of that name; nil if it is none.
    private static func elementType(_ name: PickleName) -> StoredType? {
        name.module == "torch" ? StoredType(torch: name.name) : nil
    }
}
