import Files
import Programs

/// What a configuration says of one term.
public struct RewardSpecification: Hashable, Sendable {
    /// What metrics call it.
    public var name: String
    /// Which kind of term it is; nil for an external command.
    public var kind: String?
    /// What its value is multiplied by.
    public var weight: Double
    /// The parameters that the configuration sets.
    public var parameters: [String: Double]
    /// The program that is asked; nil for a term of this process.
    public var command: ExternalCommand?

    /// A term of this process.
    ///
    /// - Parameters:
    ///   - name: what metrics call it
    ///   - kind: the kind of term; as the name if nil
    ///   - weight: what its value is multiplied by
    ///   - parameters: the parameters that are not as they stand in the kind
    public init(
        _ name: String, kind: String? = nil, weight: Double = 1, parameters: [String: Double] = [:]
    ) {
        self.name = name
        self.kind = kind ?? name
        self.weight = weight
        self.parameters = parameters
    }

    /// A term that a program computes.
    public init(_ name: String, command: ExternalCommand, weight: Double = 1) {
        self.name = name
        self.weight = weight
        self.command = command
        parameters = [:]
    }
}

/// A program that computes a term.
public struct ExternalCommand: Hashable, Sendable {
    /// The program and its arguments.
    public var words: [String]
    /// Seconds that it may take for one completion.
    public var timeout: Double
    /// Whether it gets the masks.
    public var sendsMasks: Bool

    /// A command from its parts.
    public init(_ words: [String], timeout: Double = 30, sendsMasks: Bool = false) {
        self.words = words
        self.timeout = timeout
        self.sendsMasks = sendsMasks
    }

    /// Why the program cannot be started here and now, as far as files tell; nil if it can.
    package var problem: String? { CommandProblem.of(words) }
}

/// The terms that configurations can name.
public struct RewardRegistry: Sendable {
    /// The kinds of terms, in the order in which messages list them.
    public private(set) var kinds: [any Reward.Type]
    /// Terms that are ready to be asked, by their names; they come before kinds of the same name.
    private var functions: [RewardTerm: any RewardTermFunction] = [:]

    /// Every kind of the project, and those of `CustomRewards.swift`.
    public init() {
        kinds = [
            MaskIoUReward.self, SAMJSONFormatReward.self, ThinkAnswerFormatReward.self,
            MaskDiceReward.self, BoundaryIoUReward.self, IoUThresholdReward.self,
            BoxIoUReward.self, PointInMaskReward.self, InstanceCountReward.self,
            LengthPenalty.self, OverlongPenalty.self, PromptAreaPenalty.self,
        ]
        for kind in customRewards { register(kind) }
    }

    /// A registry of every kind.
    public static let standard = RewardRegistry()

    /// Adds a kind, or replaces the one of its name.
    public mutating func register(_ kind: any Reward.Type) {
        if let place = kinds.firstIndex(where: { $0.name == kind.name }) {
            kinds[place] = kind
        } else {
            kinds.append(kind)
        }
    }

    /// Adds a term that is ready to be asked, or replaces the one of its name.
    public mutating func register(_ function: any RewardTermFunction) {
        functions[function.term] = function
    }

    /// The kind with this name; nil without one.
    public func kind(_ name: String) -> (any Reward.Type)? { kinds.first { $0.name == name } }

    /// The parameters of a kind, those that every term has included.
    public func parameters(of kind: any Reward.Type) -> [RewardParameter] {
        kind.parameters + RewardParameter.common
    }

    /// A term as a configuration has it.
    ///
    /// - Parameters:
    ///   - specification: what the configuration says
    ///   - maxCompletionLength: the most tokens of a completion, for parameters that default to it
    /// - Returns: the term, ready to be asked; a program is started
    /// - Throws: ``RewardConfigurationError``
    public func function(
        for specification: RewardSpecification, maxCompletionLength: Int? = nil
    ) throws(RewardConfigurationError) -> any RewardTermFunction {
        let term = RewardTerm(rawValue: specification.name)
        if let command = specification.command { return try Self.external(term, command) }
        let name = specification.kind ?? specification.name
        if let function = functions[RewardTerm(rawValue: name)] { return function }
        guard let kind = kind(name) else {
            throw .unknownTerm(RewardTerm(rawValue: name), known: kinds.map { $0.name })
        }
        let values = try values(specification, of: kind, maxCompletionLength)
        return Self.term(term, kind, values)
    }

    private static func term(
        _ term: RewardTerm, _ kind: any Reward.Type, _ values: [String: Double]
    ) -> any RewardTermFunction {
        let reward: any Reward = kind.init(RewardParameters(values))
        let (low, high) = (values["min"] ?? -.infinity, values["max"] ?? .infinity)
        return ConfiguredReward(term: term, reward: reward, bounds: low...high)
    }

    private static func external(
        _ term: RewardTerm, _ command: ExternalCommand
    ) throws(RewardConfigurationError) -> any RewardTermFunction {
        let function = try ExternalReward(
            term: term, command: command.words, timeout: command.timeout,
            sendsMasks: command.sendsMasks)
        return function
    }

    private func values(
        _ specification: RewardSpecification, of kind: any Reward.Type, _ maxLength: Int?
    ) throws(RewardConfigurationError) -> [String: Double] {
        let term = RewardTerm(rawValue: specification.name)
        var values: [String: Double] = [:]
        for parameter in parameters(of: kind) {
            let standard = parameter.standard ?? maxLength.map(Double.init)
            guard let value = specification.parameters[parameter.name] ?? standard else {
                throw .parameter(
                    term, parameter.name, "is needed here, where no completion length is configured"
                )
            }
            values[parameter.name] = value
        }
        if let problem = problems(with: specification).first {
            throw .parameter(term, problem.parameter, problem.message)
        }
        return values
    }

    /// What is wrong with the parameters of a term of a known kind.
    public func problems(
        with specification: RewardSpecification
    ) -> [(parameter: String, message: String)] {
        guard let kind = kind(specification.kind ?? specification.name) else { return [] }
        let known = parameters(of: kind)
        var found: [(parameter: String, message: String)] = []
        for (name, value) in specification.parameters.sorted(by: { $0.key < $1.key }) {
            guard let parameter = known.first(where: { $0.name == name }) else {
                found.append(
                    (
                        name,
                        "is no parameter of \(kind.name); it has "
                            + (["weight"] + known.map(\.name)).joined(separator: ", ")
                    ))
                continue
            }
            if !parameter.bounds.contains(value) {
                found.append((name, "is \(text(value)), must be \(parameter.boundsText)"))
            }
        }
        if let low = specification.parameters["min"], let high = specification.parameters["max"],
            low > high
        {
            found.append(("min", "is \(text(low)), above max, \(text(high))"))
        }
        return found
    }
}

extension RewardParameter {
    /// The values that are taken, in words.
    public var boundsText: String {
        if bounds.upperBound >= 1e9 {
            return bounds.lowerBound <= -1e9
                ? "a number" : "at least \(text(bounds.lowerBound))"
        }
        return "from \(text(bounds.lowerBound)) to \(text(bounds.upperBound))"
    }
}

/// A number without needless digits.
private func text(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? String(Int(value)) : "\(value)"
}

/// Why a reward cannot be configured so.
public enum RewardConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is nothing to reward.
    case noTerms
    /// A term is weighed twice.
    case duplicateTerm(RewardTerm)
    /// A weight is NaN or infinite.
    case weightNotFinite(RewardTerm)
    /// No term has the name.
    case unknownTerm(RewardTerm, known: [String])
    /// A parameter of a term is wrong.
    case parameter(RewardTerm, String, String)
    /// The program of a term cannot be started.
    case command(RewardTerm, problem: String)

    /// The sentence for people.
    public var description: String {
        switch self {
        case .noTerms: "the reward has no terms; give at least one"
        case .duplicateTerm(let term): "the reward term '\(term)' is weighed twice; keep one"
        case .weightNotFinite(let term):
            "the weight of the reward term '\(term)' is not a finite number"
        case .unknownTerm(let term, let known):
            "there is no reward term '\(term)'; the terms are " + known.joined(separator: ", ")
        case .parameter(let term, let name, let message):
            "the parameter \(name) of the reward term '\(term)' \(message)"
        case .command(let term, let problem): "the command of the reward term '\(term)' \(problem)"
        }
    }
}
