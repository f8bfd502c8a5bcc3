import NN
import SystemErrors
import TextFiles

/// A setting in one of a policy's JSON files that is missing, mistyped or not supported.
public struct PolicyConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// The setting, as a path of keys: `vision_config.depth`; empty for the file as a whole.
    public let key: String
    /// What is wrong with it.
    public let problem: String

    /// An error about one setting.
    public init(path: String, key: String, problem: String) {
        self.path = path
        self.key = key
        self.problem = problem
    }

    /// File, key and problem in one line.
    public var description: String {
        key.isEmpty ? "\(path): \(problem)" : "\(path): \(key) \(problem)"
    }

    /// The same in the words of a decoder's error.
    package init(path: String, _ error: DecodingError) {
        func joined(_ keys: [any CodingKey]) -> String {
            keys.map(\.stringValue).joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context):
            self.init(path: path, key: joined(context.codingPath + [key]), problem: "is missing")
        case .typeMismatch(let type, let context):
            self.init(
                path: path, key: joined(context.codingPath), problem: "is not \(jsonTypeName(type))"
            )
        case .valueNotFound(let type, let context):
            self.init(
                path: path, key: joined(context.codingPath),
                problem: "is null, not \(jsonTypeName(type))"
            )
        case .dataCorrupted(let context):
            let isWhole =
                context.codingPath.isEmpty && !(context.underlyingError is TextFault)
                && !(context.underlyingError is JSONFault)
            self.init(
                path: path, key: joined(context.codingPath),
                problem: isWhole
                    ? "not readable as JSON" : DecodingProblem(error).problem
            )
        @unknown default:
            self.init(path: path, key: "", problem: "\(error)")
        }
    }
}

/// A prompt, a picture or a completion that the model cannot take.
public struct PolicyInputError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong, and where.
    public let problem: String
    /// What the user can do about it.
    public let advice: String

    /// An error about an input.
    public init(_ problem: String, advice: String) {
        self.problem = problem
        self.advice = advice
    }

    /// Problem and advice in one line.
    public var description: String { "\(problem); \(advice)" }
}
