public import Evaluation
import Segmentation

/// How the answers of an evaluation are made into metrics.
public enum EvaluationProtocol: String, Sendable, Hashable, Codable, CaseIterable {
    /// This project's: the picture's own size, the parser of training, every question, every answer in
    /// every denominator.
    case strict
    /// That of the published evaluation (arXiv 2512.19302 and its code).
    case paper
}

extension EvaluationResult {
    /// What was evaluated, and how: part of `evaluation.json`.
    public struct Setup: Sendable, Hashable, Codable {
        /// The policy's folder; empty for one that was in memory.
        public var policy = ""
        /// The segmenter's folder or file; empty for one that was in memory.
        public var segmenter = ""
        /// The shards.
        public var data: [String] = []
        /// Which of a sample's questions were asked.
        public var questions = EvaluatedQuestions.first
        /// The side of the square that the policy saw.
        public var imageSize = 840
        /// Decided about questions and bootstrap.
        public var seed: UInt64 = 0
        /// Which answers were read.
        public var parser = ""
        /// The most tokens that an answer might have.
        public var maxCompletionLength = 1024
        /// How many samples counted, from the first on; all if nil.
        public var limit: Int?
        /// What the completions were read for.
        public var protocols = [EvaluationProtocol.strict]
        /// Template and grammar; nil for a policy that was in memory.
        public var variant: String?
        /// The instructions above the conversation; nil for the method's, and for a policy in memory.
        public var system: String?
        /// The chat template; nil for the built-in one, and for a policy in memory.
        public var chatTemplate: String?
        /// Where the models ran; nil for models that were in memory.
        public var device: String?
        /// The policy's element type; nil for models that were in memory.
        public var dtype: String?
        /// The segmenter's element type; nil for models that were in memory.
        public var segmenterDType: String?
        /// Whether logits were computed in float32 whatever the element type; nil for a policy that was
        /// in memory.
        public var castsHeadToFloat32: Bool?
        /// Threads of an operation, which answers depend on in the last bits; nil for models that were in
        /// memory.
        public var threads: Int?
        /// What tells policy, segmenter and data from others of the same names: a SHA-256 each.
        public var inputs: [String: String] = [:]

        package enum CodingKeys: String, CodingKey, CaseIterable {
            case policy, segmenter, data, questions, seed, parser, limit, protocols, variant, device
            case dtype, inputs, threads, system
            case chatTemplate = "chat_template"
            case imageSize = "image_size"
            case maxCompletionLength = "max_completion_length"
            case segmenterDType = "segmenter_dtype"
            case castsHeadToFloat32 = "cast_lm_head_to_fp32"
        }

        /// The setup of nothing.
        public init() {}

        /// The setup of models in memory.
        init(_ settings: EvaluateRecipe.Settings) {
            questions = settings.questions
            imageSize = settings.imageSize
            seed = settings.seed
            parser = settings.parser.rawValue
            maxCompletionLength = settings.maxCompletionLength
            limit = settings.limit
            protocols = settings.readsAsPaper ? [.strict, .paper] : [.strict]
        }

        /// Reads what the encoder writes, and what was written before there were two protocols.
        public init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            policy = try fields.decode(String.self, forKey: .policy)
            segmenter = try fields.decode(String.self, forKey: .segmenter)
            data = try fields.decode([String].self, forKey: .data)
            questions = try fields.decode(EvaluatedQuestions.self, forKey: .questions)
            imageSize = try fields.decode(Int.self, forKey: .imageSize)
            seed = try fields.decode(UInt64.self, forKey: .seed)
            parser = try fields.decode(String.self, forKey: .parser)
            maxCompletionLength = try fields.decode(Int.self, forKey: .maxCompletionLength)
            limit = try fields.decodeIfPresent(Int.self, forKey: .limit)
            protocols =
                try fields.decodeIfPresent([EvaluationProtocol].self, forKey: .protocols)
                ?? [.strict]
            variant = try fields.decodeIfPresent(String.self, forKey: .variant)
            system = try fields.decodeIfPresent(String.self, forKey: .system)
            chatTemplate = try fields.decodeIfPresent(String.self, forKey: .chatTemplate)
            device = try fields.decodeIfPresent(String.self, forKey: .device)
            dtype = try fields.decodeIfPresent(String.self, forKey: .dtype)
            segmenterDType = try fields.decodeIfPresent(String.self, forKey: .segmenterDType)
            castsHeadToFloat32 = try fields.decodeIfPresent(Bool.self, forKey: .castsHeadToFloat32)
            threads = try fields.decodeIfPresent(Int.self, forKey: .threads)
            inputs = try fields.decodeIfPresent([String: String].self, forKey: .inputs) ?? [:]
        }

        /// How another evaluation's answers would differ from this one's: a line each, with key, value
        /// here, and value there.
        ///
        /// Names of files do not count, their contents do. What only metrics depend on does not count
        /// either, and an evaluation for two protocols has what one for one of them needs.
        package func differences(from now: Setup) -> [String] {
            let (mine, others) = (values, now.values)
            var lines = mine.indices.compactMap { place in
                mine[place].value == others[place].value
                    ? nil
                    : "\(mine[place].key): \(mine[place].text) then, \(others[place].text) now"
            }
            if !Set(protocols).isSuperset(of: now.protocols) {
                let names = [protocols, now.protocols].map {
                    $0.map(\.rawValue).joined(separator: " and ")
                }
                lines.append("protocol: \(names[0]) then, \(names[1]) now")
            }
            return lines
        }

        private struct Value {
            let key: String
            let value: String
            let text: String

            init(
                _ key: String, _ value: (some CustomStringConvertible)?, none: String = "not known"
            ) {
                self.key = key
                self.value = value.map { "\($0)" } ?? "-"
                text = value.map { "\($0)" } ?? none
            }

            /// A file or folder, which its contents tell.
            init(_ key: String, _ path: String, digest: String?) {
                self.key = key
                value = digest ?? "-"
                text = path + (digest.map { " (SHA-256 \($0.prefix(12))…)" } ?? "")
            }
        }

        private var values: [Value] {
            [
                Value("policy", policy, digest: inputs["policy"]),
                Value("segmenter", segmenter, digest: inputs["segmenter"]),
                Value("data", data.joined(separator: ", "), digest: inputs["data"]),
                Value("limit", limit, none: "all"),
                Value("questions", questions.rawValue),
                Value("seed", questions == .random ? seed : 0),
                Value("image_size", imageSize),
                Value("variant", variant),
                Value("system", system, none: "the method's"),
                chatTemplate.flatMap { path in
                    inputs["chat_template"].map {
                        Value("chat_template", path, digest: $0)
                    }
                } ?? Value("chat_template", chatTemplate, none: "builtin"),
                Value("parser", parser),
                Value("max_completion_length", maxCompletionLength),
                Value("device", device),
                Value("dtype", dtype),
                Value("segmenter_dtype", segmenterDType),
                Value("cast_lm_head_to_fp32", castsHeadToFloat32),
            ]
        }
    }
}
