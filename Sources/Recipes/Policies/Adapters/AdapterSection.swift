public import Configuration
import Foundation

/// The adapter that is trained instead of the policy's own weights, with PEFT's names and defaults.
public struct AdapterSection: Sendable, Hashable {
    /// What becomes of an adapter that training begins with.
    public enum Start: String, CaseIterable, Sendable, ConfigurationValue {
        /// It is trained further, as it is.
        case `continue`
    }

    /// What a trained adapter is held to.
    public enum Reference: String, CaseIterable, Sendable, ConfigurationValue {
        /// The base without an adapter.
        case base
        /// The adapter that training began with, as it was.
        case start
    }

    /// Which biases are trained.
    public enum Bias: String, CaseIterable, Sendable, ConfigurationValue {
        /// None.
        case none
        /// All of the model's.
        case all
        /// Those of modules with an adapter.
        case loraOnly = "lora_only"
    }

    /// How a fresh adapter begins.
    public enum Initialization: String, CaseIterable, Sendable, ConfigurationValue {
        /// A uniform, B zero.
        case `true`
        /// A and B uniform: another model from the start.
        case `false`
        /// A normal, B zero.
        case gaussian
    }

    /// The folder of an adapter in PEFT's layout that training begins with.
    public var path = ""
    /// What becomes of it.
    public var start: Start?
    /// What the trained adapter is held to; nil: what it began with if it is continued, else the base.
    public var reference: Reference?
    /// Rows of A and columns of B.
    public var rank = 8
    /// What B · A is multiplied by, times the rank.
    public var alpha = 8.0
    /// Which modules have one.
    public var targets: ModuleSelection?
    /// Which have none all the same.
    public var exclusions: ModuleSelection?
    /// The numbers of the layers that have one.
    public var layers: [Int]?
    /// What stands in front of those numbers in names.
    public var layersPattern: [String] = []
    /// Other ranks, by patterns of names.
    public var ranks = NamedWeights([])
    /// Other alphas, by patterns of names.
    public var alphas = NamedWeights([])
    /// Whether B · A is multiplied by alpha / √r.
    public var usesRSLoRA = false
    /// Whether directions and magnitudes are apart.
    public var usesDoRA = false
    /// The share of inputs that training leaves out.
    public var dropout = 0.0
    /// Which biases are trained.
    public var bias = Bias.none
    /// Modules of which the adapter has a whole copy.
    public var savedModules: [String] = []
    /// How a fresh one begins.
    public var initialization = Initialization.true

    /// No adapter.
    public init() {}

    /// Whether there is an adapter.
    public var isUsed: Bool { !path.isEmpty || targets != nil }

    /// What it is held to.
    public var heldTo: Reference { reference ?? (start == .continue ? .start : .base) }

    /// Whether keys other than those that ask for an adapter are set.
    var hasShape: Bool {
        var plain = AdapterSection()
        (plain.path, plain.start, plain.reference) = (path, start, reference)
        return plain != self
    }
}

extension ConfigurationKey {
    /// The adapter that is trained.
    package static func adapter(_ section: WritableKeyPath<Root, AdapterSection>) -> [Self] {
        adapterStart(section) + adapterShape(section) + adapterRules(section)
    }

    private static func adapterStart(_ section: WritableKeyPath<Root, AdapterSection>) -> [Self] {
        [
            Self(
                "policy.adapter.path", path: section.appending(path: \.path),
                "The folder of a LoRA adapter in PEFT's layout that training begins with"),
            Self(
                "policy.adapter.start", section.appending(path: \.start),
                "What becomes of it: continue trains it further. To train a fresh one on top of it, merge it "
                    + "first with checkpoint export --merge"),
            Self(
                "policy.adapter.reference", section.appending(path: \.reference),
                "What beta holds the policy to: base, without adapter; start, the adapter that training "
                    + "began with; null: start with continue, else base"),
        ]
    }

    private static func adapterShape(_ section: WritableKeyPath<Root, AdapterSection>) -> [Self] {
        [
            Self(
                "policy.adapter.r", section.appending(path: \.rank), "LoRA's rank", in: 1...),
            Self(
                "policy.adapter.lora_alpha", section.appending(path: \.alpha),
                "LoRA's products are multiplied by lora_alpha / r", in: 0...),
            Self(
                "policy.adapter.target_modules", section.appending(path: \.targets),
                "Which modules get an adapter: names' ends in a list, one regular expression of whole names, "
                    + "or all-linear; null: none has, and all weights are trained"),
            Self(
                "policy.adapter.exclude_modules", section.appending(path: \.exclusions),
                "Which modules get none all the same, in the same forms"),
            Self(
                "policy.adapter.layers_to_transform", section.appending(path: \.layers),
                "The numbers of the layers that get one; null: all"),
            Self(
                "policy.adapter.layers_pattern", section.appending(path: \.layersPattern),
                "What stands before a layer's number: layers for the language model, blocks for the tower"
            ),
            Self(
                "policy.adapter.rank_pattern", section.appending(path: \.ranks),
                "Other ranks by regular expressions of names' ends; the first that fits counts",
                rule: .atLeast(1)),
            Self(
                "policy.adapter.alpha_pattern", section.appending(path: \.alphas),
                "Other alphas, likewise", rule: .atLeast(0)),
        ]
    }

    private static func adapterRules(_ section: WritableKeyPath<Root, AdapterSection>) -> [Self] {
        [
            Self(
                "policy.adapter.use_rslora", section.appending(path: \.usesRSLoRA),
                "Whether products are multiplied by lora_alpha / √r"),
            Self(
                "policy.adapter.use_dora", section.appending(path: \.usesDoRA),
                "Whether directions and magnitudes are trained apart (DoRA)"),
            Self(
                "policy.adapter.lora_dropout", section.appending(path: \.dropout),
                "The share of an adapter's inputs that an update leaves out", in: 0...0.99),
            Self(
                "policy.adapter.bias", section.appending(path: \.bias),
                "Which biases are trained: none, all, or lora_only, those of modules with an adapter"
            ),
            Self(
                "policy.adapter.modules_to_save", section.appending(path: \.savedModules),
                "Modules that are trained whole, and stored with the adapter"),
            Self(
                "policy.adapter.init_lora_weights", section.appending(path: \.initialization),
                "How a fresh adapter begins: true and gaussian as the base, false as another model"),
        ]
    }
}

extension AdapterSection {
    /// What is wrong with keys together.
    package var problems: [(key: String, message: String)] {
        var found: [(key: String, message: String)] = []
        if !isUsed, self != AdapterSection() {
            found.append(
                (
                    "target_modules",
                    "is needed for an adapter: all-linear, or the ends of names, such as [q_proj, k_proj, "
                        + "v_proj, o_proj, gate_proj, up_proj, down_proj]"
                ))
        }
        if !path.isEmpty, start == nil {
            found.append(
                (
                    "start",
                    "is needed with policy.adapter.path: continue trains the adapter further; to train a fresh "
                        + "one on top of it, make a base of both with 'think2seg checkpoint export --merge'"
                ))
        }
        if path.isEmpty, start != nil {
            found.append(("start", "does nothing without policy.adapter.path"))
        }
        if path.isEmpty, reference == .start {
            found.append(
                ("reference", "start is an adapter that is continued: set policy.adapter.path too"))
        }
        if start == .continue, hasShape {
            found.append(
                (
                    "path",
                    "an adapter that is continued has its own r, target_modules and the like: leave those keys "
                        + "out"
                ))
        }
        if layers != nil, case .pattern? = targets {
            found.append(
                ("layers_to_transform", "needs target_modules as a list, as PEFT does"))
        }
        if !layersPattern.isEmpty, layers == nil {
            found.append(("layers_pattern", "does nothing without layers_to_transform"))
        }
        return found
    }
}

extension AdapterSection {
    /// The largest learning rate that is one of full fine-tuning only.
    private static let fullRate = 2e-6

    /// What is allowed, but most likely not meant.
    ///
    /// - Parameter learningRate: that of the run
    /// - Returns: sentences; mostly none
    package func warnings(learningRate: Double) -> [String] {
        guard isUsed, learningRate > 0, learningRate <= Self.fullRate else { return [] }
        return [
            "training.learning_rate is \(learningRate.yaml), as for full fine-tuning: an adapter takes about "
                + "ten times as much or more, such as 1e-5, and moves next to nothing with less"
        ]
    }
}

extension ConfigurationReader {
    /// Reports what is wrong with the keys of an adapter together.
    package mutating func report(_ adapter: AdapterSection) {
        for problem in adapter.problems {
            report("policy.adapter.\(problem.key)", problem.message)
        }
    }
}
