extension AdapterConfiguration {
    /// What it is, for people: "LoRA, r 8, lora_alpha 16, of q_proj, v_proj".
    package var words: String {
        let kind = (isRankStabilized ? "rsLoRA" : "LoRA") + (isWeightDecomposed ? " with DoRA" : "")
        let scale = alpha == alpha.rounded() && alpha < 1e9 ? "\(Int(alpha))" : "\(alpha)"
        let modules =
            switch targets {
            case .names(let names): names.sorted().joined(separator: ", ")
            case .expression(let text): text
            case nil: "no modules"
            }
        return "\(kind), r \(rank), lora_alpha \(scale), of \(modules)"
    }
}
