// Reference: peft 0.21.2, tuners/lora/config.py (LoraConfig)

/// What `adapter_config.json` says of a low-rank adapter, by PEFT's names, defaults and meaning.
package struct AdapterConfiguration: Sendable, Equatable {
    /// Names of modules, or a regular expression.
    package enum Modules: Sendable, Equatable {
        /// A module's whole name, or what it ends with after a dot.
        case names([String])
        /// An expression that the whole name fits; `all-linear` is every linear layer but the head.
        case expression(String)
    }

    /// A number of modules whose names fit a key.
    package struct Pattern<Value: Sendable & Equatable>: Sendable, Equatable {
        /// A regular expression that fits a name's end, from its start or from behind a dot.
        package var key: String
        /// What holds there.
        package var value: Value

        /// A pattern from its parts.
        package init(_ key: String, _ value: Value) {
            self.key = key
            self.value = value
        }
    }

    /// Which biases of the base are trained.
    package enum Biases: String, Sendable, CaseIterable {
        case none
        case all
        /// Those of adapted modules.
        case adapted = "lora_only"
    }

    /// How a fresh adapter begins.
    package enum Start: Sendable, Equatable {
        /// `true`: A uniform, B zero.
        case uniform
        /// `false`: B is not zero either.
        case nonzero
        /// A normal, B zero.
        case gaussian
        /// A way that a stored adapter may have begun in, and that says nothing about its numbers.
        case other(String)
    }

    /// r: rows of A and columns of B.
    package var rank = 8
    /// lora_alpha: the scale is alpha / r.
    package var alpha = 8.0
    /// target_modules.
    package var targets: Modules?
    /// exclude_modules; they win over targets.
    package var excluded: Modules?
    /// layers_to_transform: numbers of layers; empty: all.
    package var layers: [Int] = []
    /// layers_pattern: what a layer's number stands behind; empty: anything.
    package var layersPattern: [String] = []
    /// rank_pattern; the first that fits counts.
    package var rankPattern: [Pattern<Int>] = []
    /// alpha_pattern; the first that fits counts.
    package var alphaPattern: [Pattern<Double>] = []
    /// use_rslora: the scale is alpha / √r.
    package var isRankStabilized = false
    /// use_dora: directions and magnitudes are apart.
    package var isWeightDecomposed = false
    /// lora_dropout: the share of a branch's inputs that training leaves out.
    package var dropout = 0.0
    /// bias.
    package var biases = Biases.none
    /// lora_bias: whether B has a bias.
    package var hasBias = false
    /// modules_to_save: modules of which the adapter has whole copies, by what their names end with.
    package var savedModules: [String] = []
    /// init_lora_weights.
    package var start = Start.uniform
    /// ensure_weight_tying: whether a head that is the embedding follows the adapter's copy of it.
    package var tiesCopies = false
    /// base_model_name_or_path.
    package var base: String?
    /// revision of the base.
    package var revision: String?
    /// task_type.
    package var taskType: String?
    /// auto_mapping: the class that the base is loaded with, and where it is.
    package var autoMapping: [String: String]?
    /// What errors call where it is from: a file, or a key of a configuration.
    package var source: String
    /// What should be known of it, one sentence each.
    package var warnings: [String] = []

    /// PEFT's defaults.
    ///
    /// - Parameters:
    ///   - targets: which modules are adapted
    ///   - source: what errors call where it is from
    package init(targets: Modules?, source: String) {
        self.targets = targets
        self.source = source
    }
}
