/// A pickle of plain values and containers, read to its end.
///
/// The pickle is read, not run: whatever else it mentions is an error.
public struct PickleFile: Sendable {
    private let heap: PickleHeap
    private let outermost: PickleValue

    /// Reads a pickle of protocol 0 to 5.
    ///
    /// - Parameter bytes: The whole file.
    /// - Throws: ``PickleFault`` that says what is wrong at which byte, or which name it mentions.
    public init(_ bytes: [UInt8]) throws(PickleFault) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(PickleFault) in try PickleMachine.run(buffer, PlainPickle()) }
        }
        let built = try result.get()
        (heap, outermost) = (built.heap, built.root)
    }

    /// The outermost value.
    public var root: Value { Value(heap: heap, value: outermost) }

    /// Something that a pickle holds.
    ///
    /// Containers may hold themselves.
    public struct Value: Sendable {
        private let heap: PickleHeap
        private let value: PickleValue

        fileprivate init(heap: PickleHeap, value: PickleValue) {
            self.heap = heap
            self.value = value
        }

        /// What it is, for messages: "a dictionary".
        public var kind: String { heap.kind(value) }

        /// The items of a list, a tuple or a set; nil for anything else.
        public var elements: [Value]? {
            guard case .container(let place) = value, !heap.containers[place].isDictionary else {
                return nil
            }
            return heap.containers[place].items.map { Value(heap: heap, value: $0) }
        }

        /// The values of a dictionary by those of its keys that are texts; nil for anything else.
        ///
        /// Of a key that is there several times the last value counts, as in Python.
        public var fields: [String: Value]? {
            guard case .container(let place) = value, heap.containers[place].isDictionary else {
                return nil
            }
            let items = heap.containers[place].items
            var fields: [String: Value] = [:]
            for index in stride(from: 0, to: items.count, by: 2) {
                guard case .text(let key) = items[index] else { continue }
                fields[key] = Value(heap: heap, value: items[index + 1])
            }
            return fields
        }

        /// A text.
        public var text: String? { if case .text(let text) = value { text } else { nil } }
        /// An integer.
        public var integer: Int? { if case .integer(let number) = value { number } else { nil } }
        /// A floating-point number.
        public var real: Double? { if case .real(let number) = value { number } else { nil } }
        /// A truth value.
        public var truth: Bool? { if case .truth(let truth) = value { truth } else { nil } }
        /// Whether it is None.
        public var isNone: Bool { if case .none = value { true } else { false } }
    }
}
