// Reference: sam2, sam/prompt_encoder.py and sam/mask_decoder.py (the names of the parameters)

/// Where a tensor of an official checkpoint belongs.
package enum OfficialPlace: Equatable {
    /// It is this tensor of the hub.
    case whole(String)
    /// It is one row of this tensor of the hub.
    case row(Int, String)
    /// The model for pictures has no use for it.
    case unused
    /// Nothing is known about it.
    case unknown
}

/// The names of a family's official checkpoints, and the hub's: those of prompt encoder and mask decoder are
/// the same for all families.
package struct OfficialNames: Sendable {
    /// How the names begin of what the model for pictures has no use for.
    let unusedPrefixes: [String]
    /// Official names and the hub's, by their parts.
    ///
    /// `*` is any part, `**` all that follows. Layers of MLPs have the hub's names already.
    let patterns: [([Substring], [Substring])]

    /// The names of a family.
    ///
    /// - Parameters:
    ///   - unusedPrefixes: how the names begin of what the model for pictures has no use for
    ///   - encoder: official names and the hub's of what the family has of its own; `*` is any part, `**`
    ///     all that follows
    package init(unusedPrefixes: [String], encoder: [(String, String)]) {
        self.unusedPrefixes = unusedPrefixes
        patterns = (encoder + Self.promptEncoder + Self.maskDecoder).map {
            ($0.0.split(separator: "."), $0.1.split(separator: "."))
        }
    }
}

/// Translates the names of one checkpoint into the hub's.
struct OfficialTranslation {
    private let names: OfficialNames
    /// How many layers the MLP of each prefix has.
    private var depths: [String: Int] = [:]

    /// All names of the checkpoint must be given: the last layer of an MLP has a name of its own.
    init(_ names: OfficialNames, _ keys: some Sequence<String>) {
        self.names = names
        for key in keys {
            guard let (prefix, index, _) = Self.layer(key) else { continue }
            depths[prefix] = max(depths[prefix] ?? 0, index + 1)
        }
    }

    /// Where a tensor belongs.
    func place(_ key: String) -> OfficialPlace {
        if names.unusedPrefixes.contains(where: key.hasPrefix) { return .unused }
        if key.hasPrefix(Self.points),
            let row = Int(key.split(separator: ".").dropLast().last ?? "")
        {
            return .row(row, "prompt_encoder.point_embed.weight")
        }
        var parts = key.split(separator: ".").map(String.init)
        if let (prefix, index, name) = Self.layer(key) {
            let last = (depths[prefix] ?? 0) - 1
            let layer =
                index == 0
                ? ["proj_in"] : index == last ? ["proj_out"] : ["layers", "\(index - 1)"]
            parts = prefix.split(separator: ".").map(String.init) + layer + [name]
        }
        for (official, hub) in names.patterns {
            if let found = Self.wildcards(parts, official) {
                return .whole(Self.filled(hub, found))
            }
        }
        return .unknown
    }

    /// An MLP's prefix, the layer's index and what follows, if the name is of an MLP's layer.
    private static func layer(_ key: String) -> (prefix: String, index: Int, name: String)? {
        let parts = key.split(separator: ".").map(String.init)
        guard parts.count > 3, parts[parts.count - 3] == "layers",
            let index = Int(parts[parts.count - 2]), (0..<1024).contains(index)
        else { return nil }
        return (parts.dropLast(3).joined(separator: "."), index, parts[parts.count - 1])
    }

    /// What the stars of a pattern stand for, or nil if it does not fit.
    private static func wildcards(_ parts: [String], _ pattern: [Substring]) -> [String]? {
        var found: [String] = []
        var index = 0
        for expected in pattern {
            if expected == "**" { return found + [parts[index...].joined(separator: ".")] }
            guard index < parts.count else { return nil }
            if expected == "*" {
                found.append(parts[index])
            } else if expected != parts[index] {
                return nil
            }
            index += 1
        }
        return index == parts.count ? found : nil
    }

    private static func filled(_ pattern: [Substring], _ found: [String]) -> String {
        var found = found[...]
        return pattern.map { $0.hasPrefix("*") ? found.removeFirst() : String($0) }
            .joined(separator: ".")
    }

    private static let points = "sam_prompt_encoder.point_embeddings."
}

extension OfficialNames {
    private static let promptEncoder = [
        (
            "sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix",
            "prompt_encoder.shared_embedding.positional_embedding"
        ),
        ("sam_prompt_encoder.not_a_point_embed.*", "prompt_encoder.not_a_point_embed.*"),
        ("sam_prompt_encoder.no_mask_embed.*", "prompt_encoder.no_mask_embed.*"),
        ("sam_prompt_encoder.mask_downscaling.0.*", "prompt_encoder.mask_embed.conv1.*"),
        ("sam_prompt_encoder.mask_downscaling.1.*", "prompt_encoder.mask_embed.layer_norm1.*"),
        ("sam_prompt_encoder.mask_downscaling.3.*", "prompt_encoder.mask_embed.conv2.*"),
        ("sam_prompt_encoder.mask_downscaling.4.*", "prompt_encoder.mask_embed.layer_norm2.*"),
        ("sam_prompt_encoder.mask_downscaling.6.*", "prompt_encoder.mask_embed.conv3.*"),
    ]

    private static let maskDecoder: [(String, String)] = {
        var table: [(String, String)] = []
        func add(_ official: String, _ hub: String) {
            table.append(("sam_mask_decoder." + official, "mask_decoder." + hub))
        }
        for name in ["iou_token", "mask_tokens", "obj_score_token", "conv_s0", "conv_s1"] {
            add("\(name).*", "\(name).*")
        }
        for name in ["iou_prediction_head", "pred_obj_score_head", "output_hypernetworks_mlps"] {
            add("\(name).**", "\(name).**")
        }
        add("output_upscaling.0.*", "upscale_conv1.*")
        add("output_upscaling.1.*", "upscale_layer_norm.*")
        add("output_upscaling.3.*", "upscale_conv2.*")
        for name in ["q_proj", "k_proj", "v_proj", "out_proj"] {
            let hub = name == "out_proj" ? "o_proj" : name
            add("transformer.layers.*.*.\(name).*", "transformer.layers.*.*.\(hub).*")
            let last = "transformer.final_attn_token_to_image"
            add("\(last).\(name).*", "\(last).\(hub).*")
        }
        for number in 1...4 {
            add(
                "transformer.layers.*.norm\(number).*", "transformer.layers.*.layer_norm\(number).*"
            )
        }
        add("transformer.layers.*.mlp.**", "transformer.layers.*.mlp.**")
        add("transformer.norm_final_attn.*", "transformer.layer_norm_final_attn.*")
        return table
    }()
}
