import Foundation
import Imaging
import NN
import SystemErrors
import TextFiles
import Torch

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
        return try SAM2Location(path: path).open().configuration
    }

    /// Reads and checks a `config.json`.
    static func read(_ file: String) throws -> SAM2Configuration {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw CheckpointError(
                path: file, problem: "no such file, or it cannot be read",
                advice: SAM2Location.advice,
                isMissing: true)
        }
        let configuration: SAM2Configuration
        do {
            configuration = try JSONDecoder().decode(SAM2Configuration.self, file: data)
        } catch let error as DecodingError {
            throw CheckpointError(path: file, problem: error.keyAndProblem)
        }
        if let fault = configuration.fault {
            throw CheckpointError(path: file, problem: "\(fault.key): \(fault.problem)")
        }
        return configuration
    }

    /// Writes `config.json` for transformers' `Sam2Model`.
    ///
    /// - Parameter path: the file
    /// - Throws: `CheckpointError` if it cannot be written
    public func save(path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            let text = String(decoding: try encoder.encode(self), as: UTF8.self)
            try Data(Self.withFractions(text).utf8)
                .write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CheckpointError(
                path: path, problem: "cannot write: \(systemReason(error))", isWriteFailure: true)
        }
    }

    /// JSON of one key per line, with `4.0` instead of `4` where transformers insists on a float.
    private static func withFractions(_ json: String) -> String {
        let keys = [
            HieraConfiguration.CodingKeys.mlpRatio.rawValue,
            HieraConfiguration.CodingKeys.layerNormEpsilon.rawValue,
            MaskDecoderConfiguration.CodingKeys.stabilityDelta.rawValue,
            MaskDecoderConfiguration.CodingKeys.stabilityThreshold.rawValue,
        ]
        return json.split(separator: "\n").map { line in
            let isFloat = keys.contains { line.contains("\"\($0)\"") }
            let comma = line.hasSuffix(",") ? "," : ""
            let number = line.dropLast(comma.count)
            guard isFloat, let value = number.split(separator: " ").last, Int(value) != nil else {
                return String(line)
            }
            return number + ".0" + comma
        }.joined(separator: "\n") + "\n"
    }
}

extension DecodingError {
    /// The key and what is wrong with it, in one line.
    var keyAndProblem: String {
        func line(_ context: Context, _ last: [any CodingKey] = [], _ problem: String) -> String {
            let key = (context.codingPath + last).map {
                $0.intValue.map(String.init) ?? $0.stringValue
            }
            return key.isEmpty ? problem : "\(key.joined(separator: ".")): \(problem)"
        }
        switch self {
        case .typeMismatch(let type, let context):
            return line(context, [], "should be \(jsonTypeName(type))")
        case .valueNotFound(let type, let context):
            return line(context, [], "should be \(jsonTypeName(type))")
        case .keyNotFound(let key, let context): return line(context, [key], "is missing")
        case .dataCorrupted: return "\(DecodingProblem(self))"
        @unknown default: return "\(self)"
        }
    }
}

// MARK: - Checking

extension SAM2Configuration {
    /// A key whose value does not fit the others.
    struct Fault: Equatable {
        let key: String
        let problem: String
    }

    /// The first key whose value no model can have, or nil.
    var fault: Fault? {
        hieraFault ?? stageFault ?? gridFault ?? neckFault ?? decoderFault
    }

    /// What any size may be: large enough for all models, and safe to multiply.
    private static let sizes = 1...(1 << 20)

    private var hieraFault: Fault? {
        let hiera = vision.backbone
        let stages = hiera.blocks.count
        func key(_ name: HieraConfiguration.CodingKeys) -> String {
            "vision_config.backbone_config.\(name.rawValue)"
        }
        let lists: [(HieraConfiguration.CodingKeys, [Int])] = [
            (.blocks, hiera.blocks), (.embedDimensions, hiera.embedDimensions),
            (.heads, hiera.heads), (.windows, hiera.windows),
        ]
        for (name, list) in lists {
            if list.count != stages || list.isEmpty {
                return Fault(
                    key: key(name), problem: "has \(list.count) stages, blocks_per_stage \(stages)")
            }
            if let size = list.first(where: { !Self.sizes.contains($0) }) {
                return Fault(key: key(name), problem: "\(size) is not a size")
            }
        }
        let sizes: [(HieraConfiguration.CodingKeys, Int)] = [
            (.channels, hiera.channels), (.patchKernel, hiera.patchKernel.side),
            (.patchStride, hiera.patchStride.side), (.queryStride, hiera.queryStride.side),
            (.backgroundGrid, hiera.backgroundGrid.side),
            (.patchPadding, hiera.patchPadding.side + 1),
        ]
        for (name, size) in sizes where !Self.sizes.contains(size) {
            return Fault(key: key(name), problem: "\(size) is not a size")
        }
        if hiera.channels != 3 {
            return Fault(key: key(.channels), problem: "\(hiera.channels); pictures have 3")
        }
        if hiera.hiddenSize != hiera.embedDimensions[0] {
            return Fault(
                key: key(.hiddenSize),
                problem: "\(hiera.hiddenSize) is not the first of \(hiera.embedDimensions)")
        }
        if !(0...1024).contains(hiera.mlpRatio) {
            return Fault(key: key(.mlpRatio), problem: "\(hiera.mlpRatio) is not a ratio")
        }
        return nil
    }

    private var stageFault: Fault? {
        let hiera = vision.backbone
        let stages = hiera.blocks.count
        func key(_ name: HieraConfiguration.CodingKeys) -> String {
            "vision_config.backbone_config.\(name.rawValue)"
        }
        for stage in 0..<stages where hiera.embedDimensions[stage] % hiera.heads[stage] != 0 {
            return Fault(
                key: key(.heads),
                problem: "\(hiera.heads[stage]) does not divide \(hiera.embedDimensions[stage])")
        }
        for stage in 1..<max(stages, 1) where hiera.pools(stage: stage) {
            if hiera.embedDimensions[stage] == hiera.embedDimensions[stage - 1] {
                return Fault(
                    key: key(.embedDimensions),
                    problem: "stage \(stage) shrinks the grid and must change the channels")
            }
            if hiera.windows[stage - 1] < hiera.queryStride.side {
                return Fault(
                    key: key(.windows),
                    problem: "\(hiera.windows[stage - 1]) is too small to be shrunk by query_stride"
                )
            }
        }
        return nil
    }

    private var gridFault: Fault? {
        let encoder = promptEncoder
        let hiera = vision.backbone
        if !Self.sizes.contains(encoder.imageSize) || !Self.sizes.contains(encoder.patchSize)
            || embeddingSide < 1
        {
            return Fault(
                key: "prompt_encoder_config.image_size",
                problem: "\(encoder.imageSize) with patch_size \(encoder.patchSize)")
        }
        let sides = hiera.gridSides(imageSize: imageSize)
        if sides[0] < 1 || sides[0] % hiera.windows[0] != 0 {
            return Fault(
                key: "vision_config.backbone_config.window_size_per_stage",
                problem:
                    "\(hiera.windows[0]) does not divide the first grid, \(sides[0]) cells wide")
        }
        if vision.featureLevels != 3 || sides.count < 3 {
            return Fault(
                key: "vision_config.num_feature_levels",
                problem: "\(vision.featureLevels) of \(sides.count) levels; the decoder uses 3")
        }
        let expected = sides.prefix(3).map { [$0, $0] }
        if vision.featureSizes != expected {
            return Fault(
                key: "vision_config.backbone_feature_sizes",
                problem: "\(vision.featureSizes), but a picture of \(imageSize) pixels gives "
                    + "\(expected)")
        }
        if expected[2][0] != embeddingSide || sides[1] != 2 * sides[2] || sides[0] != 4 * sides[2] {
            return Fault(
                key: "prompt_encoder_config.patch_size",
                problem: "the decoder needs levels of \([4, 2, 1].map { $0 * embeddingSide }) "
                    + "cells, the encoder makes \(Array(sides.prefix(3)))")
        }
        return nil
    }

    private var neckFault: Fault? {
        if vision.backboneChannels != vision.backbone.embedDimensions.reversed() {
            return Fault(
                key: "vision_config.backbone_channel_list",
                problem: "\(vision.backboneChannels) is not embed_dim_per_stage backwards")
        }
        if vision.fpnKernel < 1 || vision.fpnStride != 1
            || vision.fpnKernel != 2 * vision.fpnPadding + 1
        {
            return Fault(
                key: "vision_config.fpn_kernel_size",
                problem: "kernel \(vision.fpnKernel), stride \(vision.fpnStride) and padding "
                    + "\(vision.fpnPadding) change the size of the levels")
        }
        for size in [promptEncoder.hiddenSize, maskDecoder.hiddenSize]
        where size != vision.fpnHiddenSize {
            return Fault(
                key: "vision_config.fpn_hidden_size",
                problem: "\(vision.fpnHiddenSize), but the prompt encoder has "
                    + "\(promptEncoder.hiddenSize) and the mask decoder \(maskDecoder.hiddenSize)")
        }
        return nil
    }

    private var decoderFault: Fault? {
        let decoder = maskDecoder
        let key = "mask_decoder_config."
        if !Self.sizes.contains(decoder.hiddenSize) || decoder.hiddenSize % 8 != 0 {
            return Fault(
                key: key + "hidden_size", problem: "\(decoder.hiddenSize) is not a multiple of 8")
        }
        if !Self.sizes.contains(decoder.attentionDownsampling)
            || !Self.sizes.contains(decoder.heads)
            || decoder.hiddenSize % (decoder.attentionDownsampling * decoder.heads) != 0
        {
            return Fault(
                key: key + "num_attention_heads",
                problem: "\(decoder.heads) heads and attention_downsample_rate "
                    + "\(decoder.attentionDownsampling) do not divide \(decoder.hiddenSize)")
        }
        let sizes = [
            ("mlp_dim", decoder.mlpSize), ("num_hidden_layers", decoder.layers),
            ("num_multimask_outputs", decoder.multimaskOutputs),
            ("iou_head_depth", decoder.iouHeadDepth - 1),
            ("iou_head_hidden_dim", decoder.iouHeadHiddenSize),
        ]
        for (name, size) in sizes where !Self.sizes.contains(size) {
            return Fault(key: key + name, problem: "is not a size")
        }
        if promptEncoder.pointEmbeddings < 4 {
            return Fault(
                key: "prompt_encoder_config.num_point_embeddings",
                problem: "\(promptEncoder.pointEmbeddings); points and box corners need 4")
        }
        if promptEncoder.maskChannels < 4 || promptEncoder.maskChannels % 4 != 0 {
            return Fault(
                key: "prompt_encoder_config.mask_input_channels",
                problem: "\(promptEncoder.maskChannels) is not a multiple of 4")
        }
        return nil
    }
}
