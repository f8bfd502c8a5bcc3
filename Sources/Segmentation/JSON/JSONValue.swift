/// A value that a policy wrote.
enum JSONValue: Equatable {
    case null
    case bool(Bool)
    /// A number written without fraction and exponent, as the nearest `Double`.
    case integer(Double, IntegerWidth = .signed64)
    /// Any other number; NaN and the infinities are among them.
    case real(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    /// What the value is, for messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .real: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }

    /// Whether the value is a string, list or object that holds nothing.
    var isEmptyContainer: Bool {
        switch self {
        case .string(let text): text.isEmpty
        case .array(let items): items.isEmpty
        case .object(let object): object.isEmpty
        default: false
        }
    }

    /// Whether Python takes the value for true.
    var isTruthy: Bool {
        switch self {
        case .null: false
        case .bool(let flag): flag
        case .integer(let number, _), .real(let number): number != 0
        default: !isEmptyContainer
        }
    }

    /// Whether two values have the same types and keys all the way down.
    func hasShape(of other: JSONValue) -> Bool {
        switch (self, other) {
        case (.null, .null), (.bool, .bool), (.integer, .integer), (.real, .real),
            (.string, .string):
            true
        case (.array(let mine), .array(let theirs)):
            mine.count == theirs.count && zip(mine, theirs).allSatisfy { $0.hasShape(of: $1) }
        case (.object(let mine), .object(let theirs)):
            mine.keys.count == theirs.keys.count
                && mine.keys.allSatisfy { key in
                    guard let a = mine[key], let b = theirs[key] else { return false }
                    return a.hasShape(of: b)
                }
        default: false
        }
    }
}

/// The smallest type of NumPy's that holds an integer.
enum IntegerWidth: Equatable {
    /// 64 bits with a sign.
    case signed64
    /// 64 bits without one: from 2⁶³ on.
    case unsigned64
    /// None: a Python object.
    case beyond

    /// The width of an integer as Python spells it.
    init(_ spelling: String) {
        self = Int64(spelling) != nil ? .signed64 : UInt64(spelling) != nil ? .unsigned64 : .beyond
    }
}

/// Named values in the order in which their names first came; a name that comes again replaces
/// the value.
struct JSONObject: Equatable {
    private(set) var keys: [String] = []
    private var values: [String: JSONValue] = [:]

    var isEmpty: Bool { keys.isEmpty }

    subscript(key: String) -> JSONValue? {
        get { values[key] }
        set {
            if let newValue {
                if values.updateValue(newValue, forKey: key) == nil { keys.append(key) }
            } else if values.removeValue(forKey: key) != nil {
                keys.removeAll { $0 == key }
            }
        }
    }
}

/// Why a text could not be read within bounds.
enum JSONReadFailure: Error, Equatable {
    /// The text is not JSON; the repairing reader never says so.
    case syntax
    /// Lists and objects stand deeper in each other than the limit.
    case tooDeep(limit: Int)
    /// The damage needs more looking ahead than the text is worth.
    case tooDamaged
    /// An integer has more digits than the limit.
    case longInteger(limit: Int)
}

/// The bounds of the readers.
enum JSONLimits {
    /// How deep lists and objects may stand in each other; an answer needs 4.
    static let depth = 512
    /// Python's own limit of the digits of an integer.
    static let integerDigits = 4300
}
