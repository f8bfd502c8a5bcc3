/// What a pickle is allowed to build: plain values, containers, storages and tensors.
///
/// Containers are places in a ``PickleHeap``, so that nothing here is nested: neither reading nor
/// releasing a hostile pickle recurses.
enum PickleValue: Sendable {
    case none
    case truth(Bool)
    case integer(Int)
    case real(Double)
    case text(String)
    /// Bytes, by their place in the pickle.
    case bytes(Range<Int>)
    /// A container, by its place in the heap.
    case container(Int)
    /// A storage, by its place in the heap.
    case storage(Int)
    /// A tensor, by its place in the heap.
    case tensor(Int)
    /// One of the few names that a pickle may mention.
    case global(PickleGlobal)
}

/// A container of a pickle.
struct PickleContainer: Sendable {
    enum Kind: Sendable {
        case list, tuple, set
        /// `items` are a key, its value, the next key, …
        case dictionary
        /// As `dictionary`; Python's OrderedDict may have attributes, which are left out.
        case orderedDictionary
    }

    let kind: Kind
    var items: [PickleValue] = []

    var isDictionary: Bool { kind == .dictionary || kind == .orderedDictionary }
}

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
    /// Its storage, by its place in the heap.
    let storage: Int
    /// The first element's place in the storage, in elements.
    let offset: Int
    let shape: [Int]
    /// In elements, one per dimension.
    let strides: [Int]
}

/// All that a pickle built.
struct PickleHeap: Sendable {
    var containers: [PickleContainer] = []
    var storages: [PickleStorage] = []
    var tensors: [PickleTensor] = []

    /// What to call a value in a message.
    func kind(_ value: PickleValue) -> String {
        switch value {
        case .none: "None"
        case .truth: "a truth value"
        case .integer: "an integer"
        case .real: "a number"
        case .text: "a text"
        case .bytes: "bytes"
        case .container(let place):
            switch containers[place].kind {
            case .list: "a list"
            case .tuple: "a tuple"
            case .set: "a set"
            case .dictionary, .orderedDictionary: "a dictionary"
            }
        case .storage: "a storage"
        case .tensor: "a tensor"
        case .global(let global): global.name
        }
    }

    /// The items of a tuple.
    func tuple(_ value: PickleValue) -> [PickleValue]? {
        guard case .container(let place) = value, containers[place].kind == .tuple else {
            return nil
        }
        return containers[place].items
    }

    /// The numbers of a tuple of integers that are not negative.
    func sizes(_ value: PickleValue) -> [Int]? {
        guard let items = tuple(value) else { return nil }
        var sizes: [Int] = []
        for item in items {
            guard case .integer(let size) = item, size >= 0 else { return nil }
            sizes.append(size)
        }
        return sizes
    }
}

/// The names that a pickle may mention: what `torch.save` needs for tensors and containers.
enum PickleGlobal: Sendable, Equatable {
    case orderedDictionary
    case set, frozenSet
    case size
    case rebuildTensor
    case rebuildParameter
    case storageType(DType)

    /// The name of that module, or nil if a pickle must not mention it.
    init?(module: String, name: String) {
        switch (module, name) {
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("builtins", "set"), ("__builtin__", "set"): self = .set
        case ("builtins", "frozenset"), ("__builtin__", "frozenset"): self = .frozenSet
        case ("torch", "Size"): self = .size
        case ("torch._utils", "_rebuild_tensor_v2"): self = .rebuildTensor
        case ("torch._utils", "_rebuild_parameter"): self = .rebuildParameter
        case ("torch", "UntypedStorage"), ("torch.storage", "UntypedStorage"):
            self = .storageType(.uint8)
        case ("torch", _):
            guard let type = Self.storageTypes.first(where: { $0.0 == name })?.1 else {
                return nil
            }
            self = .storageType(type)
        default: return nil
        }
    }

    private static let storageTypes: [(String, DType)] = [
        ("FloatStorage", .float32), ("BFloat16Storage", .bfloat16), ("HalfStorage", .float16),
        ("DoubleStorage", .float64), ("LongStorage", .int64), ("IntStorage", .int32),
        ("ByteStorage", .uint8), ("BoolStorage", .bool),
    ]

    /// The name, for messages.
    var name: String {
        switch self {
        case .orderedDictionary: "collections.OrderedDict"
        case .set: "builtins.set"
        case .frozenSet: "builtins.frozenset"
        case .size: "torch.Size"
        case .rebuildTensor: "torch._utils._rebuild_tensor_v2"
        case .rebuildParameter: "torch._utils._rebuild_parameter"
        case .storageType(let type): "torch's storage of \(type)"
        }
    }
}
