import TextFiles

/// Why a completion has no prompts: what is wrong, and where.
///
/// It is a fact about the policy's answer, worth a reward of 0, and never an error of the program.
public enum ParseFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The JSON has more UTF-8 bytes than an answer can need.
    case tooLong(bytes: Int, limit: Int)
    /// There is no fence that opens with three backticks and `json`.
    case noFence
    /// The fence is not closed.
    case unclosedFence
    /// The answer is not a list; `found` says what it is.
    case notAList(found: String)
    /// Lists and objects stand deeper in each other than the limit.
    case tooDeep(limit: Int)
    /// An integer has more digits than the limit.
    case longInteger(limit: Int)
    /// The answer is so damaged that reading it was given up.
    case tooDamaged
    /// The list has more instances than the limit.
    case tooManyInstances(count: Int, limit: Int)
    /// An instance, counted from 1, is not what the grammar asks for.
    case instance(Int, InstanceProblem)

    /// A name without variable parts, to count failures by.
    public var kind: String {
        switch self {
        case .tooLong: "too_long"
        case .noFence: "no_fence"
        case .unclosedFence: "unclosed_fence"
        case .notAList: "not_a_list"
        case .tooDeep: "too_deep"
        case .longInteger: "long_integer"
        case .tooDamaged: "too_damaged"
        case .tooManyInstances: "too_many_instances"
        case .instance(_, let problem): problem.kind
        }
    }

    /// The sentence for people.
    public var description: String {
        switch self {
        case .tooLong(let bytes, let limit):
            "the answer has \(bytes) bytes of JSON, more than the \(limit) that are read"
        case .noFence: "the answer has no ```json fence"
        case .unclosedFence: "the answer's ```json fence is not closed"
        case .notAList(let found): "the answer is \(found), expected a JSON list"
        case .tooDeep(let limit): "the answer is nested more than \(limit) deep"
        case .longInteger(let limit): "an integer has more than \(limit) digits"
        case .tooDamaged: "the answer is too damaged to be repaired"
        case .tooManyInstances(let count, let limit):
            "the answer has \(counted(count, "instance")), more than the \(limit) that are read"
        case .instance(let number, let problem): "instance \(number): \(problem)"
        }
    }
}

/// What is wrong with one instance of an answer.
public enum InstanceProblem: Hashable, Sendable, CustomStringConvertible {
    /// The instance is not an object.
    case notAnObject(found: String)
    /// The instance has nothing to prompt with.
    case nothingToPrompt
    /// A key that the grammar asks for is not there.
    case missing(key: String)
    /// A key is there that the grammar does not allow.
    case unexpected(key: String)
    /// The value of a key is not a list.
    case notAList(key: String, found: String)
    /// The list of a key has another length than the grammar asks for.
    case count(key: String, found: Int, expected: Int)
    /// An element of the list of a key is not a pair of coordinates.
    case notAPair(key: String, number: Int)
    /// A coordinate is not a finite number.
    case notANumber(key: String, found: String)

    /// A name without variable parts, to count failures by.
    public var kind: String {
        switch self {
        case .notAnObject: "not_an_object"
        case .nothingToPrompt: "nothing_to_prompt"
        case .missing: "missing_key"
        case .unexpected: "unexpected_key"
        case .notAList: "not_a_list_value"
        case .count: "wrong_count"
        case .notAPair: "not_a_pair"
        case .notANumber: "not_a_number"
        }
    }

    /// The part of the sentence for people that follows the instance's number.
    public var description: String {
        switch self {
        case .notAnObject(let found): "it is \(found), expected an object"
        case .nothingToPrompt: "it has neither bbox_2d nor positive_points"
        case .missing(let key): "\(key) is missing"
        case .unexpected(let key): "\(key) is not asked for"
        case .notAList(let key, let found): "\(key) is \(found), expected a list"
        case .count(AnswerKey.box, let found, let expected):
            "bbox_2d has \(found) numbers, expected \(expected)"
        case .count(let key, let found, let expected):
            "\(key) has \(counted(found, "point")), expected \(expected)"
        case .notAPair(let key, let number): "point \(number) of \(key) is not a pair [x, y]"
        case .notANumber(let key, let found): "\(key) holds \(found), expected finite numbers"
        }
    }
}
