// Reference: Python, Lib/pickle.py (_Unpickler)

/// Carries out a pickle without ever calling anything.
///
/// It knows plain values, containers and what its dialect adds; every other name and every other
/// instruction is an error. Time and memory are proportional to the length of the pickle.
public struct PickleMachine<Dialect: PickleDialect> {
    /// How many values a pickle may build, all in all.
    static var valueLimit: Int { 1 << 23 }

    private var cursor: PickleCursor
    private var stack: [PickleValue] = []
    /// The heights of the stack where marks stand.
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]
    private var heap = PickleHeap()
    private var values = 0
    private var dialect: Dialect

    private init(_ bytes: UnsafeRawBufferPointer, _ dialect: Dialect) {
        cursor = PickleCursor(bytes)
        self.dialect = dialect
    }

    /// Carries out a pickle.
    ///
    /// - Parameters:
    ///   - bytes: The pickle, without anything after it.
    ///   - dialect: What it may mention beside plain values and containers.
    /// - Returns: What the pickle builds, its outermost value, and the dialect with what it made.
    /// - Throws: ``PickleFault``, with the place in the pickle.
    public static func run(
        _ bytes: UnsafeRawBufferPointer, _ dialect: Dialect
    ) throws(PickleFault) -> (heap: PickleHeap, root: PickleValue, dialect: Dialect) {
        let built = try runFirst(bytes, dialect)
        guard built.count == bytes.count else {
            throw PickleFault(
                "something is left over after the end, at byte \(built.count - 1) of the pickle")
        }
        return (built.heap, built.root, built.dialect)
    }

    /// Carries out a pickle that other bytes may follow.
    ///
    /// - Parameters:
    ///   - bytes: The pickle, and what follows it.
    ///   - dialect: What it may mention beside plain values and containers.
    /// - Returns: What the pickle builds, its outermost value, the dialect with what it made, and the bytes
    ///   of the pickle.
    /// - Throws: ``PickleFault``, with the place in the pickle.
    public static func runFirst(
        _ bytes: UnsafeRawBufferPointer, _ dialect: Dialect
    ) throws(PickleFault) -> (heap: PickleHeap, root: PickleValue, dialect: Dialect, count: Int) {
        var machine = PickleMachine(bytes, dialect)
        var start = 0
        do {
            let root = try machine.run(&start)
            return (machine.heap, root, machine.dialect, machine.cursor.position)
        } catch {
            throw PickleFault("\(error.problem), at byte \(start) of the pickle")
        }
    }

    /// Carries out all instructions; `start` is the place of the last one that was begun.
    private mutating func run(_ start: inout Int) throws(PickleFault) -> PickleValue {
        try readProtocol()
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
        guard stack.isEmpty, marks.isEmpty else {
            throw PickleFault("something is left over after the end")
        }
        return root
    }

    /// Reads the protocol, which pickles tell from protocol 2 on.
    private mutating func readProtocol() throws(PickleFault) {
        let oldest = Dialect.oldestProtocol
        if oldest < 2, let first = cursor.next, first != PickleOpcode.proto.rawValue { return }
        guard try cursor.number(UInt8.self) == PickleOpcode.proto.rawValue else {
            throw PickleFault("does not begin as a pickle of protocol \(oldest) or later")
        }
        let version = try cursor.number(UInt8.self)
        guard (oldest...5).contains(Int(version)) else {
            throw PickleFault("is a pickle of protocol \(version); \(oldest) to 5 are known")
        }
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
        case .int, .long: try push(cursor.integerLine())
        case .float: try push(.real(cursor.realLine()))
        case .string: try push(.text(cursor.quotedLine()))
        case .unicode: try push(.text(cursor.escapedLine()))
        case .shortBinString: try push(.text(cursor.text(cursor.length(UInt8.self))))
        case .binString: try push(.text(cursor.text(cursor.length(UInt32.self))))
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
        case .list: try pushContainer(.list, popToMark())
        case .dict:
            let items = try popToMark()
            try pushContainer(.dictionary)
            try add(items, to: "a dictionary") { $0.isDictionary }
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
        case .put: memo[try cursor.decimalLine()] = try top()
        case .get: try recall(cursor.decimalLine())
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
        case .binPersistentID: try push(dialect.outside(pop(), &heap))
        default: throw PickleFault("the instruction \(opcode) is not allowed")
        }
    }

    private mutating func pushGlobal(module: String, name: String) throws(PickleFault) {
        let name = PickleName(module, name)
        guard PickleStandard(name) != nil || dialect.allows(name) else {
            throw PickleFault("\(name) \(Dialect.refusal)")
        }
        try push(.name(name))
    }
}

// MARK: - Containers from names

extension PickleMachine {
    /// What calling `callable` would have made.
    private mutating func reduce(
        _ callable: PickleValue, _ arguments: PickleValue
    ) throws(PickleFault) -> PickleValue {
        guard case .name(let name) = callable, let items = heap.tuple(arguments) else {
            throw PickleFault("\(heap.kind(callable)) is called with \(heap.kind(arguments))")
        }
        if let value = try standard(name, items) { return value }
        if dialect.allows(name), let value = try dialect.call(name, items, &heap) { return value }
        let kinds = items.prefix(8).map { heap.kind($0) }.joined(separator: ", ")
        throw PickleFault("\(name) is called with (\(kinds))")
    }

    /// A container of Python's own; nil if another name is called, or with other arguments.
    private mutating func standard(
        _ name: PickleName, _ items: [PickleValue]
    ) throws(PickleFault) -> PickleValue? {
        switch (PickleStandard(name), items.count) {
        case (.orderedDictionary, 0): return try container(.orderedDictionary, [])
        case (.set, 1):
            guard case .container(let place) = items[0], heap.containers[place].kind == .list
            else { return nil }
            try spend(heap.containers[place].items.count)
            return try container(.set, heap.containers[place].items)
        default: return nil
        }
    }

    private mutating func container(
        _ kind: PickleContainer.Kind, _ items: [PickleValue]
    ) throws(PickleFault) -> PickleValue {
        try pushContainer(kind, items)
        return try pop()
    }

    /// Gives attributes to an OrderedDict; they are left out, as no value depends on them.
    private func build(_ target: PickleValue, _ state: PickleValue) throws(PickleFault) {
        guard case .container(let place) = target,
            heap.containers[place].kind == .orderedDictionary,
            case .container(let attributes) = state, heap.containers[attributes].isDictionary
        else {
            throw PickleFault("\(heap.kind(target)) is given the state \(heap.kind(state))")
        }
    }
}

/// The names of Python's own containers.
private enum PickleStandard {
    case orderedDictionary, set

    /// nil for any other name.
    init?(_ name: PickleName) {
        switch (name.module, name.name) {
        case ("collections", "OrderedDict"): self = .orderedDictionary
        case ("builtins", "set"), ("__builtin__", "set"), ("builtins", "frozenset"),
            ("__builtin__", "frozenset"):
            self = .set
        default: return nil
        }
    }
}
