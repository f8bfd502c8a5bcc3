/// What a kind of pickle may mention beside plain values and containers.
///
/// ``PickleMachine`` knows the names of Python's own containers; a dialect adds others, and makes
/// values of them without calling anything.
public protocol PickleDialect: Sendable {
    /// The oldest protocol that is read; below 2, pickles do not say which they are.
    static var oldestProtocol: Int { get }
    /// Why other names are refused, as the end of a sentence that begins with the name.
    static var refusal: String { get }

    /// Whether a pickle may mention a name.
    func allows(_ name: PickleName) -> Bool

    /// What calling `name` would have made.
    ///
    /// - Parameters:
    ///   - name: One that is allowed.
    ///   - arguments: What it is called with.
    ///   - heap: Where the arguments' parts are, and where a new object goes.
    /// - Returns: The value, or nil if nothing is called so.
    /// - Throws: ``PickleFault`` if the arguments contradict each other.
    mutating func call(
        _ name: PickleName, _ arguments: [PickleValue], _ heap: inout PickleHeap
    ) throws(PickleFault) -> PickleValue?

    /// What stands outside of the pickle under an identifier.
    ///
    /// - Throws: ``PickleFault`` if nothing does.
    mutating func outside(
        _ identifier: PickleValue, _ heap: inout PickleHeap
    ) throws(PickleFault) -> PickleValue
}

/// Pickles of plain values and containers, as `pickle.dump` writes them in every protocol.
public struct PlainPickle: PickleDialect {
    /// Every protocol is read.
    public static let oldestProtocol = 0
    /// Why a name is refused.
    public static let refusal = "is not a plain value or a container"

    /// The dialect.
    public init() {}

    /// No name but those of containers.
    public func allows(_ name: PickleName) -> Bool { false }

    /// Nothing is made of names.
    public func call(
        _ name: PickleName, _ arguments: [PickleValue], _ heap: inout PickleHeap
    ) throws(PickleFault) -> PickleValue? { nil }

    /// Nothing stands outside.
    public func outside(
        _ identifier: PickleValue, _ heap: inout PickleHeap
    ) throws(PickleFault) -> PickleValue {
        throw PickleFault("something outside of the pickle is mentioned")
    }
}
