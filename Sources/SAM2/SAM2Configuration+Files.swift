import PromptedMasks

// MARK: - Reading and writing

extension SAM2Configuration {
    /// Reads and checks the sizes of a checkpoint.
    ///
    /// - Parameter path: `config.json`; the folder that has it; or an official .pt file, which is
    ///   described by `config.json` beside it, or else by the shapes of its weights
    /// - Returns: the sizes
    /// - Throws: `CheckpointError` that names the file and the key
    public static func load(path: String) throws -> SAM2Configuration {
        if path.hasSuffix(".json") { return try read(path) }
        return try SAM2Family.open(SegmenterLocation(path: path, family: SAM2Family.name)).sizes
    }

    /// Reads and checks a `config.json`.
    static func read(_ file: String) throws -> SAM2Configuration {
        let configuration = try ConfigurationFile.read(
            SAM2Configuration.self, file, family: SAM2Family.name)
        if let fault = configuration.fault { throw fault.error(file) }
        return configuration
    }

    /// Writes `config.json` for transformers' `Sam2Model`.
    ///
    /// - Parameter path: the file
    /// - Throws: `CheckpointError` if it cannot be written
    public func save(path: String) throws {
        try ConfigurationFile.write(
            self, path,
            fractions: [
                "mlp_ratio", "layer_norm_eps", "dynamic_multimask_stability_delta",
                "dynamic_multimask_stability_thresh",
            ])
    }
}

// MARK: - Checking

extension SAM2Configuration {
    /// The first key whose value no model can have, or nil.
    var fault: ConfigurationFault? {
        listFault ?? hieraFault ?? stageFault ?? gridFault ?? neckFault
            ?? ConfigurationFault(promptEncoder: promptEncoder, maskDecoder: maskDecoder)
    }

    /// A key of the trunk's section.
    private func key(_ name: String) -> String { "vision_config.backbone_config.\(name)" }

    private var listFault: ConfigurationFault? {
        let hiera = vision.backbone
        let stages = hiera.blocks.count
        let lists: [(String, [Int])] = [
            ("blocks_per_stage", hiera.blocks), ("embed_dim_per_stage", hiera.embedDimensions),
            ("num_attention_heads_per_stage", hiera.heads),
            ("window_size_per_stage", hiera.windows),
        ]
        for (name, list) in lists {
            if list.count != stages || list.isEmpty {
                return ConfigurationFault(
                    key: key(name), problem: "has \(list.count) stages, blocks_per_stage \(stages)")
            }
            if let size = list.first(where: { !ConfigurationFault.sizes.contains($0) }) {
                return ConfigurationFault(key: key(name), problem: "\(size) is not a size")
            }
        }
        return nil
    }

    private var hieraFault: ConfigurationFault? {
        let hiera = vision.backbone
        let sizes: [(String, Int)] = [
            ("num_channels", hiera.channels), ("patch_kernel_size", hiera.patchKernel.side),
            ("patch_stride", hiera.patchStride.side), ("query_stride", hiera.queryStride.side),
            ("window_positional_embedding_background_size", hiera.backgroundGrid.side),
            ("patch_padding", hiera.patchPadding.side + 1),
        ]
        for (name, size) in sizes where !ConfigurationFault.sizes.contains(size) {
            return ConfigurationFault(key: key(name), problem: "\(size) is not a size")
        }
        if hiera.channels != 3 {
            return ConfigurationFault(
                key: key("num_channels"), problem: "\(hiera.channels); pictures have 3")
        }
        if hiera.hiddenSize != hiera.embedDimensions[0] {
            return ConfigurationFault(
                key: key("hidden_size"),
                problem: "\(hiera.hiddenSize) is not the first of \(hiera.embedDimensions)")
        }
        if !(0...1024).contains(hiera.mlpRatio) {
            return ConfigurationFault(
                key: key("mlp_ratio"), problem: "\(hiera.mlpRatio) is not a ratio")
        }
        return nil
    }

    private var stageFault: ConfigurationFault? {
        let hiera = vision.backbone
        let stages = hiera.blocks.count
        for stage in 0..<stages where hiera.embedDimensions[stage] % hiera.heads[stage] != 0 {
            return ConfigurationFault(
                key: key("num_attention_heads_per_stage"),
                problem: "\(hiera.heads[stage]) does not divide \(hiera.embedDimensions[stage])")
        }
        for stage in 1..<max(stages, 1) where hiera.pools(stage: stage) {
            if hiera.embedDimensions[stage] == hiera.embedDimensions[stage - 1] {
                return ConfigurationFault(
                    key: key("embed_dim_per_stage"),
                    problem: "stage \(stage) shrinks the grid and must change the channels")
            }
            if hiera.windows[stage - 1] < hiera.queryStride.side {
                return ConfigurationFault(
                    key: key("window_size_per_stage"),
                    problem: "\(hiera.windows[stage - 1]) is too small to be shrunk by query_stride"
                )
            }
        }
        return nil
    }

    private var gridFault: ConfigurationFault? {
        let encoder = promptEncoder
        let hiera = vision.backbone
        if !ConfigurationFault.sizes.contains(encoder.imageSize)
            || !ConfigurationFault.sizes.contains(encoder.patchSize)
            || embeddingSide < 1
        {
            return ConfigurationFault(
                key: "prompt_encoder_config.image_size",
                problem: "\(encoder.imageSize) with patch_size \(encoder.patchSize)")
        }
        let sides = hiera.gridSides(imageSize: imageSize)
        if sides[0] < 1 || sides[0] % hiera.windows[0] != 0 {
            return ConfigurationFault(
                key: "vision_config.backbone_config.window_size_per_stage",
                problem:
                    "\(hiera.windows[0]) does not divide the first grid, \(sides[0]) cells wide")
        }
        if vision.featureLevels != 3 || sides.count < 3 {
            return ConfigurationFault(
                key: "vision_config.num_feature_levels",
                problem: "\(vision.featureLevels) of \(sides.count) levels; the decoder uses 3")
        }
        let expected = sides.prefix(3).map { [$0, $0] }
        if vision.featureSizes != expected {
            return ConfigurationFault(
                key: "vision_config.backbone_feature_sizes",
                problem: "\(vision.featureSizes), but a picture of \(imageSize) pixels gives "
                    + "\(expected)")
        }
        if expected[2][0] != embeddingSide || sides[1] != 2 * sides[2] || sides[0] != 4 * sides[2] {
            return ConfigurationFault(
                key: "prompt_encoder_config.patch_size",
                problem: "the decoder needs levels of \([4, 2, 1].map { $0 * embeddingSide }) "
                    + "cells, the encoder makes \(Array(sides.prefix(3)))")
        }
        return nil
    }

    private var neckFault: ConfigurationFault? {
        if vision.backboneChannels != vision.backbone.embedDimensions.reversed() {
            return ConfigurationFault(
                key: "vision_config.backbone_channel_list",
                problem: "\(vision.backboneChannels) is not embed_dim_per_stage backwards")
        }
        if vision.fpnKernel < 1 || vision.fpnStride != 1
            || vision.fpnKernel != 2 * vision.fpnPadding + 1
        {
            return ConfigurationFault(
                key: "vision_config.fpn_kernel_size",
                problem: "kernel \(vision.fpnKernel), stride \(vision.fpnStride) and padding "
                    + "\(vision.fpnPadding) change the size of the levels")
        }
        for size in [promptEncoder.hiddenSize, maskDecoder.hiddenSize]
        where size != vision.fpnHiddenSize {
            return ConfigurationFault(
                key: "vision_config.fpn_hidden_size",
                problem: "\(vision.fpnHiddenSize), but the prompt encoder has "
                    + "\(promptEncoder.hiddenSize) and the mask decoder \(maskDecoder.hiddenSize)")
        }
        return nil
    }
}
