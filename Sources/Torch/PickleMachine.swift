// Reference: Python, Lib/pickle.py (_Unpickler); torch, _weights_only_unpickler.py

/// Carries out a pickle that `torch.save` wrote, without ever calling anything.
///
/// It knows plain values, containers, storages and tensors; every other name and every other
/// instruction is an error. Time and memory are proportional to the length of the pickle.
struct PickleMachine {
    /// How many values a pickle may build, all in all.
    static let valueLimit = 1 << 23

    private var cursor: PickleCursor
    private var stack: [PickleValue] = []
    /// The heights of the stack where marks stand.
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    private var heap = PickleHeap()
    private var values = 0

    private init(_ bytes: UnsafeRawBufferPointer) { cursor = PickleCursor(bytes) }

    /// What a pickle builds, and its outermost value.
    ///
    /// - Throws: ``PickleFault``, with the place in the pickle
    static func run(
        _ bytes: UnsafeRawBufferPointer
    ) throws(PickleFault) -> (heap: PickleHeap, root: PickleValue) {
        var machine = PickleMachine(bytes)
        var start = 0
        do {
            let root = try machine.run(&start)
            return (machine.heap, root)
        } catch {
            throw PickleFault("\(error.problem), at byte \(start) of the pickle")
        }
    }

    /// Carries out all instructions; `start` is the place of the last one that was begun.
    private mutating func run(_ start: inout Int) throws(PickleFault) -> PickleValue {
        guard try cursor.number(UInt8.self) == PickleOpcode.proto.rawValue else {
            throw PickleFault("does not begin as a pickle of protocol 2 or later")
        }
        let version = try cursor.number(UInt8.self)
        guard (2...5).contains(version) else {
            throw PickleFault("is a pickle of protocol \(version); 2 to 5 are known")
        }
        while true {
            start = cursor.position
            let code = try cursor.number(UInt8.self)
            guard let opcode = PickleOpcode(rawValue: code) else {
                throw PickleFault(
                    "the instruction \(PickleOpcode.refusedName(code)) is not allowed")
            }
            if opcode == .stop { break }
            try carryOut(opcode)
        }
        let root = try pop()
        guard stack.isEmpty, marks.isEmpty, cursor.isAtEnd else {
            throw PickleFault("something is left over after the end")
        }
        return root
    }

    private mutating func carryOut(_ opcode: PickleOpcode) throws(PickleFault) {
        if try pushPlain(opcode) { return }
        if try arrange(opcode) { return }
        if try fill(opcode) { return }
        if try remember(opcode) { return }
        try refer(opcode)
    }
}

// MARK: - The stack

extension PickleMachine {
    private mutating func push(_ value: PickleValue) throws(PickleFault) {
        try spend(1)
        stack.append(value)
    }

    /// Counts values against the limit.
    private mutating func spend(_ count: Int) throws(PickleFault) {
        values += count
        guard values <= Self.valueLimit else {
            throw PickleFault("builds more than \(Self.valueLimit) values")
        }
    }

    /// Pops a value that was pushed after the last mark.
    private mutating func pop() throws(PickleFault) -> PickleValue {
        guard stack.count > (marks.last ?? 0) else { throw PickleFault("a value is missing") }
        return stack.removeLast()
    }

    /// The value on top, which stays.
    private func top() throws(PickleFault) -> PickleValue {
        guard stack.count > (marks.last ?? 0), let value = stack.last else {
            throw PickleFault("a value is missing")
        }
        return value
    }

    /// Pops everything down to the last mark, and the mark.
    private mutating func popToMark() throws(PickleFault) -> [PickleValue] {
        guard let height = marks.popLast() else { throw PickleFault("a mark is missing") }
        defer { stack.removeSubrange(height...) }
        return Array(stack[height...])
    }

    private mutating func pushContainer(
        _ kind: PickleContainer.Kind, _ items: [PickleValue] = []
    ) throws(PickleFault) {
        heap.containers.append(PickleContainer(kind: kind, items: items))
        try push(.container(heap.containers.count - 1))
    }

    private mutating func popSeveral(_ count: Int) throws(PickleFault) -> [PickleValue] {
        var values: [PickleValue] = []
        for _ in 0..<count { values.append(try pop()) }
        return values.reversed()
    }
}

// MARK: - Instructions

extension PickleMachine {
    /// Numbers, texts and bytes.
    private mutating func pushPlain(_ opcode: PickleOpcode) throws(PickleFault) -> Bool {
        switch opcode {
        case .none: try push(.none)
        case .newTrue: try push(.truth(true))
        case .newFalse: try push(.truth(false))
        case .binInt: try push(.integer(Int(cursor.number(Int32.self))))
        case .binInt1: try push(.integer(Int(cursor.number(UInt8.self))))
        case .binInt2: try push(.integer(Int(cursor.number(UInt16.self))))
        case .long1: try push(.integer(cursor.integer(cursor.length(UInt8.self))))
        case .long4: try push(.integer(cursor.integer(cursor.length(UInt32.self))))
        case .binFloat: try push(.real(cursor.real()))
        case .shortBinUnicode: try push(.text(cursor.text(cursor.length(UInt8.self))))
        case .binUnicode: try push(.text(cursor.text(cursor.length(UInt32.self))))
        case .binUnicode8: try push(.text(cursor.text(cursor.length(UInt64.self))))
        case .shortBinBytes: try push(.bytes(cursor.bytes(cursor.length(UInt8.self))))
        case .binBytes: try push(.bytes(cursor.bytes(cursor.length(UInt32.self))))
        case .binBytes8, .byteArray8: try push(.bytes(cursor.bytes(cursor.length(UInt64.self))))
        default: return false
        }
        return true
    }

    /// What changes the stack, and tuples.
    private mutating func arrange(_ opcode: PickleOpcode) throws(PickleFault) -> Bool {
        switch opcode {
        case .proto: throw PickleFault("a second pickle begins inside the first")
        case .frame: _ = try cursor.length(UInt64.self)
        case .mark:
            try spend(1)
            marks.append(stack.count)
        case .pop:
            if let mark = marks.last, mark == stack.count {
                marks.removeLast()
            } else {
                _ = try pop()
            }
        case .popMark: _ = try popToMark()
        case .duplicate: try push(top())
        case .emptyTuple: try pushContainer(.tuple)
        case .tuple1: try pushContainer(.tuple, popSeveral(1))
        case .tuple2: try pushContainer(.tuple, popSeveral(2))
        case .tuple3: try pushContainer(.tuple, popSeveral(3))
        case .tuple: try pushContainer(.tuple, popToMark())
        default: return false
        }
        return true
    }

    /// Lists, dictionaries and sets.
    private mutating func fill(_ opcode: PickleOpcode) throws(PickleFault) -> Bool {
        switch opcode {
        case .emptyList: try pushContainer(.list)
        case .emptyDict: try pushContainer(.dictionary)
        case .emptySet: try pushContainer(.set)
        case .frozenSet: try pushContainer(.set, popToMark())
        case .append: try add(popSeveral(1), to: "a list") { $0.kind == .list }
        case .appends: try add(popToMark(), to: "a list") { $0.kind == .list }
        case .addItems: try add(popToMark(), to: "a set") { $0.kind == .set }
        case .setItem: try add(popSeveral(2), to: "a dictionary") { $0.isDictionary }
        case .setItems: try add(popToMark(), to: "a dictionary") { $0.isDictionary }
        default: return false
        }
        return true
    }

    /// Appends items to the container on top.
    private mutating func add(
        _ items: [PickleValue], to name: String, if fits: (PickleContainer) -> Bool
    ) throws(PickleFault) {
        let target = try top()
        guard case .container(let place) = target, fits(heap.containers[place]) else {
            throw PickleFault("items are put into \(heap.kind(target)), not into \(name)")
        }
        if heap.containers[place].isDictionary, !items.count.isMultiple(of: 2) {
            throw PickleFault("the last key of a dictionary has no value")
        }
        heap.containers[place].items.append(contentsOf: items)
    }

    /// Values that are used again.
    private mutating func remember(_ opcode: PickleOpcode) throws(PickleFault) -> Bool {
        switch opcode {
        case .binPut: memo[try cursor.length(UInt8.self)] = try top()
        case .longBinPut: memo[try cursor.length(UInt32.self)] = try top()
        case .memoize: memo[memo.count] = try top()
        case .binGet: try recall(cursor.length(UInt8.self))
        case .longBinGet: try recall(cursor.length(UInt32.self))
        default: return false
        }
        return true
    }

    private mutating func recall(_ place: Int) throws(PickleFault) {
        guard let value = memo[place] else {
            throw PickleFault("nothing has been remembered under \(place)")
        }
        try push(value)
    }

    /// Names, and what is made of them.
    private mutating func refer(_ opcode: PickleOpcode) throws(PickleFault) {
        switch opcode {
        case .global:
            let module = try cursor.line()
            try pushGlobal(module: module, name: cursor.line())
        case .stackGlobal:
            let names = try popSeveral(2)
            guard case .text(let module) = names[0], case .text(let name) = names[1] else {
                throw PickleFault("a name is \(heap.kind(names[0])) and \(heap.kind(names[1]))")
            }
            try pushGlobal(module: module, name: name)
        case .reduce:
            let arguments = try pop()
            try push(reduce(pop(), arguments))
        case .build:
            let state = try pop()
            try build(top(), state)
        case .binPersistentID: try push(storage(pop()))
        default: throw PickleFault("the instruction \(opcode) is not allowed")
        }
    }

    private mutating func pushGlobal(module: String, name: String) throws(PickleFault) {
        guard let global = PickleGlobal(module: module, name: name) else {
            throw PickleFault("\(module).\(name) is neither a tensor nor a container")
        }
        try push(.global(global))
    }
}

// MARK: - Tensors and containers from names

extension PickleMachine {
    /// What calling `callable` would have made.
    private mutating func reduce(
        _ callable: PickleValue, _ arguments: PickleValue
    ) throws(PickleFault) -> PickleValue {
        guard case .global(let global) = callable, let items = heap.tuple(arguments) else {
            throw PickleFault("\(heap.kind(callable)) is called with \(heap.kind(arguments))")
        }
        switch (global, items.count) {
        case (.rebuildTensor, 6...7): return try tensor(items)
        case (.rebuildParameter, 3):
            guard case .tensor = items[0] else { break }
            return items[0]
        case (.orderedDictionary, 0): return try container(.orderedDictionary, [])
        case (.size, 1):
            guard heap.sizes(items[0]) != nil else { break }
            return items[0]
        case (.set, 1), (.frozenSet, 1):
            guard case .container(let place) = items[0], heap.containers[place].kind == .list
            else { break }
            try spend(heap.containers[place].items.count)
            return try container(.set, heap.containers[place].items)
        default: break
        }
        let kinds = items.prefix(8).map { heap.kind($0) }.joined(separator: ", ")
        throw PickleFault("\(global.name) is called with (\(kinds))")
    }

    private mutating func container(
        _ kind: PickleContainer.Kind, _ items: [PickleValue]
    ) throws(PickleFault) -> PickleValue {
        try pushContainer(kind, items)
        return try pop()
    }

    /// Gives attributes to an OrderedDict; they are left out, as no tensor depends on them.
    private func build(_ target: PickleValue, _ state: PickleValue) throws(PickleFault) {
        guard case .container(let place) = target,
            heap.containers[place].kind == .orderedDictionary,
            case .container(let attributes) = state, heap.containers[attributes].isDictionary
        else {
            throw PickleFault("\(heap.kind(target)) is given the state \(heap.kind(state))")
        }
    }

    /// The storage that ("storage", its type, key, device, elements) names.
    private mutating func storage(_ identifier: PickleValue) throws(PickleFault) -> PickleValue {
        guard let items = heap.tuple(identifier), items.count == 5,
            case .text("storage") = items[0], case .global(.storageType(let dtype)) = items[1],
            case .text(let key) = items[2], case .text = items[3],
            case .integer(let count) = items[4], count >= 0
        else { throw PickleFault("a storage is described in an unknown way") }
        heap.storages.append(PickleStorage(key: key, dtype: dtype, count: count))
        return .storage(heap.storages.count - 1)
    }

    /// The tensor of (storage, offset, shape, strides, requires_grad, hooks, metadata).
    private mutating func tensor(_ items: [PickleValue]) throws(PickleFault) -> PickleValue {
        guard case .storage(let place) = items[0], case .integer(let offset) = items[1],
            offset >= 0, let shape = heap.sizes(items[2]), let strides = heap.sizes(items[3]),
            shape.count == strides.count
        else {
            let kinds = items.prefix(4).map { heap.kind($0) }.joined(separator: ", ")
            throw PickleFault("a tensor is described by (\(kinds)) in an unknown way")
        }
        if items.count == 7, !isEmpty(items[6]) {
            throw PickleFault("a tensor has metadata: it is not a plain one")
        }
        let tensor = PickleTensor(storage: place, offset: offset, shape: shape, strides: strides)
        try tensor.check(against: heap.storages[place])
        heap.tensors.append(tensor)
        return .tensor(heap.tensors.count - 1)
    }

    private func isEmpty(_ value: PickleValue) -> Bool {
        switch value {
        case .none: true
        case .container(let place): heap.containers[place].items.isEmpty
        default: false
        }
    }
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
