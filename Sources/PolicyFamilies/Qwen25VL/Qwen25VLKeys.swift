import NN
import Torch
import VisionLanguage

// Reference: transformers, conversion_mapping.py (Qwen2VLForConditionalGeneration)

/// Translates the keys of checkpoints, which have the names that modules had in the memory of the program
/// that wrote them, into the hub's.
struct Qwen25VLKeys: CheckpointKeyMap {
    /// A key that transformers has no place for.
    private var foreign: String?
    /// A key that MLX writes.
    private var ofMLX: String?

    /// What the parts of the model are called at the top of it.
    private static let text: Set<Substring> = ["layers", "embed_tokens", "norm"]
    private static let around: Set<Substring> = ["model", "language_model"]

    /// What transformers takes in front of the parts of the text model, and of the others.
    private static let known: Set<String> = [
        "model", "language_model", "model.language_model", "model.model",
        "model.language_model.model",
    ]
    private static let knownVision: Set<String> = ["", "model"]

    /// The hub's key of a tensor.
    ///
    /// Any number of `model` and `language_model` may stand in front of `layers`, `embed_tokens` and `norm`,
    /// at least one, and in front of `visual` and `lm_head`: what is meant is plain. Other keys stay.
    mutating func canonical(_ key: String) -> String {
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
        let front = parts.prefix { Self.around.contains($0) }
        guard let part = parts.dropFirst(front.count).first else { return key }
        let rest = parts.dropFirst(front.count).joined(separator: ".")
        let prefix = front.joined(separator: ".")
        let isKnown: Bool
        switch part {
        case _ where Self.text.contains(part):
            if front.isEmpty { return key }
            isKnown = Self.known.contains(prefix)
        case "visual": isKnown = Self.knownVision.contains(prefix)
        case "lm_head": isKnown = front.isEmpty
        default:
            if part == "vision_tower" { ofMLX = ofMLX ?? key }
            return key
        }
        if !isKnown { foreign = foreign ?? key }
        return Self.text.contains(part) ? "model." + rest : rest
    }

    /// The name since transformers 4.52: the model is one of text and one of pictures, and a head.
    func memory(_ key: String) -> String {
        if key == "visual" || key.hasPrefix("visual.") { return "model." + key }
        if key == "model" { return "model.language_model" }
        return key.hasPrefix("model.") ? "model.language_model." + key.dropFirst(6) : key
    }

    /// Activations and rotary embeddings.
    func emptyModules(_ keys: [String]) -> [String] {
        let gates = ".gate_proj.weight"
        return keys.filter { $0.hasSuffix(gates) }.map { $0.dropLast(gates.count) + ".act_fn" } + [
            "model.visual.rotary_pos_emb", "model.visual.merger.mlp.1",
            "model.language_model.rotary_emb",
        ]
    }

    /// Fails if the keys are those of another program.
    func requireOwn(_ path: String) throws {
        guard let ofMLX else { return }
        throw CheckpointError(
            path: path, problem: "tensor \(ofMLX) has a name of MLX, whose weights are not read",
            advice:
                "take the checkpoint that they were converted from, whose keys begin with visual")
    }

    /// That transformers does not find the weights, a sentence for people; nil if it does.
    func warning(_ path: String) -> String? {
        foreign.map {
            "\(path): tensor \($0) is read by what its name ends with; transformers does not find weights of "
                + "such names"
        }
    }
}
