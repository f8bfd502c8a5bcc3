import ChatTemplates
package import Foundation
package import NN
import Tokenizers
package import Torch
package import VisionLanguage

/// Qwen2.5-VL.
package struct Qwen25VLFamily: PolicyFamily {
    package static let modelTypes = ["qwen2_5_vl"]
    package static let name = "Qwen2.5-VL"
    /// A patch of 14 pixels, two of which in either direction are one token.
    package static let pictureBlock = 28
    package static let chat = ChatConvention(
        format: .builtin, turnEnd: QwenTokens.turnEnd, picture: .qwen)

    /// What its `config.json` says.
    package let configuration: Qwen25VLConfiguration

    package init(configuration data: Data, path: String) throws {
        configuration = try decode(data, path: path, as: Qwen25VLConfiguration.self)
    }

    /// The family with given sizes.
    package init(_ configuration: Qwen25VLConfiguration) {
        self.configuration = configuration
    }

    package var options: PolicyOptions {
        PolicyOptions(
            text: configuration.textOptions, vision: configuration.vision.options,
            placeholders: Placeholders(
                picture: configuration.imageTokenID, video: configuration.videoTokenID,
                before: [configuration.visionStartTokenID],
                after: [configuration.visionEndTokenID]),
            answerFrame: .givenPixels, architecture: Qwen25VLConfiguration.architecture,
            eosTokenIDs: configuration.eosTokenIDs, padTokenID: configuration.padTokenID)
    }

    package func configurationFile() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(configuration)
    }

    package func keyMap() -> any CheckpointKeyMap { Qwen25VLKeys() }

    package func encoder(_ root: ParameterScope, device: Device) throws -> any VisionEncoder {
        try VisionTransformer(root / "visual", configuration.vision, device: device)
    }

    package func processor(directory: String) throws -> FoundProcessor {
        let pictures = try ImageProcessorConfiguration.load(
            directory: directory, vision: configuration.vision)
        let files = try ProcessorFiles(directory: directory)
        return FoundProcessor(
            processor: Qwen25VLProcessor(configuration: pictures),
            warning: files.warning(pictures),
            reconciled: { files.reconciled($0, pictures) })
    }

    package func releasedProcessorFile() -> CompanionFile {
        CompanionFile(
            name: ProcessorFiles.single,
            data: Data(ImageProcessorConfiguration.releasedJSON(for: configuration.vision).utf8))
    }

    package func releasedProcessor() throws -> any PictureProcessor {
        Qwen25VLProcessor(
            configuration: try JSONDecoder().decode(
                ImageProcessorConfiguration.self, from: releasedProcessorFile().data))
    }
}

extension Qwen25VLConfiguration {
    /// The class of transformers.
    static let architecture = "Qwen2_5_VLForConditionalGeneration"

    /// What the language model is made of.
    package var textOptions: TextOptions {
        var options = TextOptions(
            vocabularySize: text.vocabularySize, hiddenSize: text.hiddenSize,
            intermediateSize: text.intermediateSize, layerCount: text.layerCount,
            headCount: text.headCount, keyValueHeadCount: text.keyValueHeadCount,
            normEpsilon: text.normEpsilon,
            rotary: RotaryPlan(
                theta: text.ropeTheta, headSize: text.headSize, axes: .chunked(text.ropeSections)),
            head: tiesWordEmbeddings ? .tied : .own, initializerRange: text.initializerRange)
        options.hasAttentionBias = true
        options.maximumPositions = text.maximumPositions
        return options
    }
}

extension Qwen25VLConfiguration.Vision {
    /// What the tower is made of.
    package var options: VisionOptions {
        VisionOptions(
            depth: depth, hiddenSize: hiddenSize, intermediateSize: intermediateSize,
            patchSize: patchSize, patchElements: patchElements, mergeSize: mergeSize,
            work: { Qwen25VLTowerWork(self, grids: $0).work })
    }
}
