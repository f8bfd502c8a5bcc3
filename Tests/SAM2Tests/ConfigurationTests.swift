import Foundation
import PromptedMasks
import SAM2
import Testing
import Torch

@Suite("Configuration")
struct ConfigurationTests {
    private func load(_ json: String) throws -> SAM2Configuration {
        let file = try SAM2Fixtures.temporaryFolder() + "/config.json"
        try Data(json.utf8).write(to: URL(fileURLWithPath: file))
        return try SAM2Configuration.load(path: file)
    }

    /// The message of the error that a configuration causes, or nil if it has none.
    private func message(_ json: String) -> String? {
        do {
            _ = try load(json)
            return nil
        } catch { return "\(error)" }
    }

    @Test("absent and null keys have the reference's defaults, which are the tiny model")
    func defaults() throws {
        #expect(try load(#"{"model_type": "sam2"}"#) == .tiny)
        #expect(try load(#"{"vision_config": {"backbone_config": {"image_size": null}}}"#) == .tiny)
        #expect(SAM2Configuration.tiny.lowResolutionSide == 256)
    }

    @Test("a configuration of the video model gives the picture model's")
    func video() throws {
        let video = try SAM2Configuration.load(path: SAM2Fixtures.path("video.json"))
        let picture = try SAM2Configuration.load(path: SAM2Fixtures.path("windows.json"))
        #expect(video == picture)
    }

    @Test("keys that differ from the released models are read")
    func levels() throws {
        let configuration = try SAM2Configuration.load(path: SAM2Fixtures.path("levels.json"))
        #expect(configuration.vision.backbone.windows == [6, 4, 5, 3])
        #expect(configuration.vision.backbone.mlpRatio == 2.5)
        #expect(configuration.vision.backbone.activation == .relu)
        #expect(configuration.vision.fpnKernel == 3)
        #expect(configuration.maskDecoder.multimaskOutputs == 4)
        #expect(!configuration.maskDecoder.fallsBackOnUnstableMasks)
    }

    @Test(
        "presets survive being written and read",
        arguments: [SAM2Configuration.tiny, .small, .basePlus, .large])
    func presets(configuration: SAM2Configuration) throws {
        let file = try SAM2Fixtures.temporaryFolder() + "/config.json"
        try configuration.save(path: file)
        #expect(try SAM2Configuration.load(path: file) == configuration)
    }

    @Test(
        "whole numbers are written as floats and sections with their types, as transformers insists"
    )
    func strictTypes() throws {
        let file = try SAM2Fixtures.temporaryFolder() + "/config.json"
        var configuration = SAM2Configuration.tiny
        configuration.maskDecoder.stabilityThreshold = 1
        try configuration.save(path: file)
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(text.contains(#""mlp_ratio" : 4.0,"#))
        #expect(text.contains(#""dynamic_multimask_stability_thresh" : 1.0,"#))
        #expect(text.contains(#""model_type" : "sam2_hiera_det_model""#))
        #expect(text.contains(#""model_type" : "sam2_vision_model""#))
    }

    @Test("presets have the released numbers of blocks")
    func sizes() {
        let presets = [SAM2Configuration.tiny, .small, .basePlus, .large]
        #expect(presets.map { $0.vision.backbone.blocks.reduce(0, +) } == [12, 16, 24, 48])
        #expect(presets.map { $0.vision.backboneChannels[0] } == [768, 768, 896, 1152])
    }

    @Test(
        "a value that cannot be is an error that names file and key",
        arguments: [
            (#"{"model_type": "sam"}"#, "model_type"),
            (#"{"vision_config": {"model_type": "x"}}"#, "vision_config.model_type"),
            (#"{"mask_decoder_config": {"mlp_dim": "many"}}"#, "mask_decoder_config.mlp_dim"),
            (
                #"{"vision_config": {"backbone_config": {"patch_stride": [4, 2]}}}"#,
                "vision_config.backbone_config.patch_stride"
            ),
            (
                #"{"vision_config": {"backbone_config": {"blocks_per_stage": [1, 2, 7]}}}"#,
                "vision_config.backbone_config.embed_dim_per_stage"
            ),
            (
                #"{"vision_config": {"backbone_config": {"hidden_act": "tan"}}}"#,
                "vision_config.backbone_config.hidden_act"
            ),
            (#"{"prompt_encoder_config": {"image_size": 512}}"#, "backbone_feature_sizes"),
            (#"{"prompt_encoder_config": {"patch_size": 8}}"#, "prompt_encoder_config.patch_size"),
            (#"{"prompt_encoder_config": {"hidden_size": 128}}"#, "fpn_hidden_size"),
            (#"{"mask_decoder_config": {"num_attention_heads": 7}}"#, "num_attention_heads"),
            (#"{"vision_config": {"fpn_stride": 2}}"#, "fpn_kernel_size"),
            (#"{"prompt_encoder_config": {"image_size": 9223372036854775807}}"#, "image_size"),
            (#"{"mask_decoder_config": {"mlp_dim": -1}}"#, "mask_decoder_config.mlp_dim"),
            (#"{"vision_config": {"backbone_config": {"mlp_ratio": 1e300}}}"#, "mlp_ratio"),
            (
                #"{"vision_config": {"backbone_config": {"window_size_per_stage": [8, 1, 14, 7]}}}"#,
                "window_size_per_stage"
            ),
            (#"{"vision_config": {"#, "config.json"),
        ])
    func faults(json: String, key: String) throws {
        let problem = message(json)
        let message = try #require(problem)
        #expect(message.contains("config.json"))
        #expect(message.contains(key), "\(message)")
    }
}
