/// What a completion asks of a segmenter.
public struct ParsedAnswer: Hashable, Sendable {
    /// One prompt per object, in the order of the answer and in the policy's frame; none when the
    /// policy says that there is no target.
    public var prompts: [SegmentationPrompt]
    /// How many instances were dropped because a larger box covers theirs.
    public var suppressedCount: Int
    /// Whether the answer was not JSON as it stood.
    public var wasRepaired: Bool

    /// An answer from its parts.
    public init(prompts: [SegmentationPrompt], suppressedCount: Int = 0, wasRepaired: Bool = false)
    {
        self.prompts = prompts
        self.suppressedCount = suppressedCount
        self.wasRepaired = wasRepaired
    }
}

/// Reads the prompts out of a completion, as the method does (arXiv 2512.19302 and its code); the
/// twin of ``PromptTemplate``.
///
/// One invalid instance rejects the whole answer. Where the method's own parser lets values pass
/// that no segmenter can use, this one rejects them; `Documentation/parser.md` lists each
/// deviation.
///
/// ```swift
/// let parser = AnswerParser(grammar: PromptVariant.box2Points.grammar, acceptance: .strict)
/// switch parser.parse(completion) {
/// case .success(let answer): print(answer.prompts)
/// case .failure(let failure): print(failure)  // "instance 2: bbox_2d has 3 numbers, expected 4"
/// }
/// ```
public struct AnswerParser: Hashable, Sendable {
    /// How many UTF-8 bytes the JSON of an answer may have; a longer one is a failure.
    public static let byteLimit = 1 << 18
    /// How many instances an answer may have.
    public static let instanceLimit = 1024
    /// Of two boxes with a higher IoU, the smaller is dropped.
    public static let suppressionThreshold = 0.5

    /// What an instance must hold.
    public var grammar: AnswerGrammar
    /// Which damage is accepted.
    public var acceptance: AnswerAcceptance

    /// A parser for a grammar.
    public init(
        grammar: AnswerGrammar = PromptVariant.box2Points.grammar, acceptance: AnswerAcceptance
    ) {
        self.grammar = grammar
        self.acceptance = acceptance
    }

    /// The prompts of a completion, in the policy's frame, or why there are none.
    ///
    /// The time is bounded by the length of the completion, whatever it holds.
    public func parse(_ completion: String) -> Result<ParsedAnswer, ParseFailure> {
        Result { () throws(ParseFailure) in try read(completion) }
    }

    private func read(_ completion: String) throws(ParseFailure) -> ParsedAnswer {
        let list = try instances(in: completion)
        var prompts: [SegmentationPrompt] = []
        let rules = InstanceRules(grammar: grammar, acceptance: acceptance)
        for (offset, instance) in list.instances.enumerated() {
            do throws(InstanceProblem) {
                prompts.append(try rules.prompt(of: instance))
            } catch {
                throw .instance(offset + 1, error)
            }
        }
        let kept = BoxSuppression.kept(of: prompts, threshold: Self.suppressionThreshold)
        for index in kept {
            // Those that were dropped go to no segmenter, so they may hold anything.
            if let problem = rules.problem(with: prompts[index]) {
                throw .instance(index + 1, problem)
            }
        }
        return ParsedAnswer(
            prompts: kept.map { prompts[$0] }, suppressedCount: prompts.count - kept.count,
            wasRepaired: list.wasRepaired)
    }

    /// The items of the list that a completion holds, whatever they are.
    struct Instances {
        let instances: [JSONValue]
        let wasRepaired: Bool
    }

    /// Reads a completion up to its instances.
    func instances(in completion: String) throws(ParseFailure) -> Instances {
        let list = try list(of: AnswerText.json(in: completion, acceptance: acceptance))
        guard case .array(let instances) = list.value else {
            // Repair makes an empty text of words that hold nothing like JSON.
            let isNothing = list.value == .string("")
            throw .notAList(found: isNothing ? "not JSON" : list.value.kind)
        }
        if instances.count > Self.instanceLimit {
            throw .tooManyInstances(count: instances.count, limit: Self.instanceLimit)
        }
        return Instances(instances: instances, wasRepaired: list.wasRepaired)
    }

    private struct ReadJSON {
        let value: JSONValue
        let wasRepaired: Bool
    }

    private func list(of text: [Unicode.Scalar]) throws(ParseFailure) -> ReadJSON {
        do throws(JSONReadFailure) {
            do throws(JSONReadFailure) {
                return ReadJSON(value: try StrictJSONReader.read(text), wasRepaired: false)
            } catch .syntax {
                return ReadJSON(value: try RepairingJSONReader.read(text), wasRepaired: true)
            }
        } catch {
            switch error {
            case .tooDeep(let limit): throw .tooDeep(limit: limit)
            case .longInteger(let limit): throw .longInteger(limit: limit)
            case .tooDamaged, .syntax: throw .tooDamaged
            }
        }
    }
}

/// Finds the JSON in a completion.
enum AnswerText {
    /// The JSON of a completion, without white space around it.
    ///
    /// What stands in the first `<answer>` tag, or the whole completion without one; of it, what
    /// stands in the first fence where the acceptance is strict; of it, the first `[` to the last
    /// `]`. White space stays around a whole completion without brackets.
    static func json(
        in completion: String, acceptance: AnswerAcceptance
    ) throws(ParseFailure) -> [Unicode.Scalar] {
        var bytes = Array(completion.utf8)
        var isPart = false
        if let answer = between("<answer>", "</answer>", in: bytes) {
            bytes = Array(bytes[answer])
            isPart = true
        }
        if acceptance == .strict {
            guard let fence = between("```json", "```", in: bytes) else {
                let opens = bytes.firstRange(of: Array("```json".utf8), from: 0) != nil
                throw opens ? .unclosedFence : .noFence
            }
            bytes = Array(bytes[fence])
            isPart = true
        }
        if let first = bytes.firstIndex(of: UInt8(ascii: "[")),
            let last = bytes.lastIndex(of: UInt8(ascii: "]"))
        {
            bytes = first < last ? Array(bytes[first...last]) : []
        }
        let limit = AnswerParser.byteLimit
        if bytes.count > limit { throw .tooLong(bytes: bytes.count, limit: limit) }
        let text = Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)
        if !isPart { return text }
        guard let end = text.lastIndex(where: { !PythonText.isSpace($0) }) else { return [] }
        return Array(text[...end].drop(while: PythonText.isSpace))
    }

    /// The range between the first `open` and the first `close` behind it.
    private static func between(
        _ open: String, _ close: String, in bytes: [UInt8]
    ) -> Range<Int>? {
        guard let start = bytes.firstRange(of: Array(open.utf8), from: 0)?.upperBound,
            let end = bytes.firstRange(of: Array(close.utf8), from: start)?.lowerBound
        else { return nil }
        return start..<end
    }
}
