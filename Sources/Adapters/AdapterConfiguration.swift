import Foundation
import NN
import Tokenizers
import Torch

/// What an adapter's `adapter_config.json` says, by PEFT's names (peft 0.21.2, `LoraConfig`).
package struct AdapterConfiguration: Sendable, Hashable {
    /// The file's name.
    package static let file = "adapter_config.json"
    /// The name of the file of tensors.
    package static let weightsFile = "adapter_model.safetensors"
    /// What every linear layer but the head is called.
    package static let allLinear = "all-linear"

    /// Which modules, by their names in transformers' memory.
    package enum Modules: Sendable, Hashable {
        /// Those whose name is one of these, or ends in a dot and one of these.
        case list([String])
        /// Those whose whole name fits a regular expression; or ``AdapterConfiguration/allLinear``.
        case pattern(String)
    }

    /// A value for modules that a regular expression fits, from a dot or the start to the end of the name.
    package struct Pattern: Sendable, Hashable {
        /// The expression.
        package var name: String
        /// The rank or alpha.
        package var value: Double

        package init(name: String, value: Double) {
            (self.name, self.value) = (name, value)
        }
    }

    /// `base_model_name_or_path`.
    package var baseModelName: String?
    /// `revision`.
    package var revision: String?
    /// `task_type`.
    package var taskType: String?
    /// `r`.
    package var rank = 8
    /// `lora_alpha`.
    package var alpha = 8.0
    /// `target_modules`.
    package var targetModules: Modules?
    /// `exclude_modules`.
    package var excludeModules: Modules?
    /// `layers_to_transform`.
    package var layersToTransform: [Int]?
    /// `layers_pattern`.
    package var layersPattern: [String] = []
    /// `rank_pattern`, in the file's order.
    package var rankPattern: [Pattern] = []
    /// `alpha_pattern`, in the file's order.
    package var alphaPattern: [Pattern] = []
    /// `use_rslora`.
    package var usesRSLoRA = false
    /// `use_dora`.
    package var usesDoRA = false
    /// `lora_dropout`.
    package var dropout = 0.0
    /// `bias`: none, all, or lora_only.
    package var bias = "none"
    /// `lora_bias`.
    package var hasLoRABias = false
    /// `modules_to_save`.
    package var modulesToSave: [String] = []
    /// `init_lora_weights`: true, false, or gaussian.
    package var initialization = "true"
    /// `ensure_weight_tying`.
    package var tiesCopies = false

    /// PEFT's defaults.
    package init() {}

    /// Reads the file of a folder.
    ///
    /// - Parameters:
    ///   - folder: the adapter's folder
    ///   - onWarning: is told what is left unread and says nothing, a sentence each
    /// - Returns: the configuration
    /// - Throws: `CheckpointError` that names the key: of another method, a variant that is not computed,
    ///   unknown, or of a wrong type
    package static func load(
        folder: String, onWarning: (String) -> Void = { _ in }
    ) throws -> AdapterConfiguration {
        let path = "\(folder)/\(file)"
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CheckpointError(
                path: path, problem: "no such file",
                advice: "name the folder that holds adapter_config.json", isMissing: true)
        }
        var reader = try AdapterConfigurationReader(data, path: path)
        let result = try reader.configuration()
        reader.warnings.forEach(onWarning)
        return result
    }
}
