import TextFiles

/// What is wrong with JSON that should become a value, in JSON's words.
///
/// Swift's own description names Swift's types.
public struct DecodingProblem: Sendable, Hashable, CustomStringConvertible {
    /// The keys from the top to the place, with dots, indices in brackets; empty for the document.
    public let place: String
    /// What is wrong there.
    public let problem: String

    /// Understands an error.
    public init(_ error: DecodingError) {
        switch error {
        case .keyNotFound(let key, let context):
            place = Self.place(context)
            problem = "no '\(key.stringValue)'"
        case .typeMismatch(let type, let context):
            place = Self.place(context)
            problem = "not \(jsonTypeName(type))"
        case .valueNotFound(let type, let context):
            place = Self.place(context)
            problem = "null, not \(jsonTypeName(type))"
        case .dataCorrupted(let context):
            place = Self.place(context)
            if let fault = context.underlyingError as? TextFault {
                problem = fault.description
            } else if let fault = context.underlyingError as? JSONFault {
                problem = fault.description
            } else {
                problem = context.codingPath.isEmpty ? "not valid JSON" : Self.words(context)
            }
        @unknown default:
            (place, problem) = ("", "not the JSON that is expected")
        }
    }

    /// Place and problem in one line.
    public var description: String { place.isEmpty ? problem : "\(place): \(problem)" }

    private static func place(_ context: DecodingError.Context) -> String {
        context.codingPath.reduce("") { path, key in
            if let index = key.intValue { return "\(path)[\(index)]" }
            return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
        }
    }

    /// What a type says of a value that it does not take; Foundation's words for some name Swift's types.
    private static func words(_ context: DecodingError.Context) -> String {
        let text = context.debugDescription
        if let match = text.wholeMatch(of: /Cannot initialize \S+ from invalid \S+ value (.*)/) {
            return "'\(match.1)' is none of the values that are known"
        }
        let isNumber = ["does not fit in", "not representable in Swift"].contains(
            where: text.contains)
        return isNumber ? "a number that is too large, or has a fraction" : text
    }
}

/// What JSON calls a type, for messages about fields of another one.
public func jsonTypeName(_ type: Any.Type) -> String {
    switch "\(type)" {
    case "Int", "Int64", "Int32", "UInt64", "UInt32", "UInt8": "an integer"
    case "Double", "Float": "a number"
    case "Bool": "true or false"
    case "String": "a text"
    case let name where name.hasPrefix("Dictionary"): "an object"
    case let name where name.hasPrefix("Array"): "a list"
    default: "of the right kind"
    }
}
