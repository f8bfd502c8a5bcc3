import Configuration
import Foundation
import SegmenterTraining
import Supervised
import TestSupport
import Testing

@Suite struct SegmenterConfigurationTests {
    private func load(
        _ text: String, _ overrides: [String] = []
    ) throws -> SegmenterConfiguration {
        try withTemporaryFolder { folder in
            let path = folder + "/segmenter.yaml"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            return try SegmenterConfiguration.load(file: path, overrides: overrides)
        }
    }

    private func problems(_ text: String, _ overrides: [String] = []) -> [String] {
        do {
            _ = try load(text, overrides)
            return []
        } catch let error as ConfigurationError {
            return error.problems.map(\.key)
        } catch {
            Issue.record("\(error)")
            return []
        }
    }

    private let minimal = "data: {train: a.h5}\n"

    @Test("Every key changes the configuration, and every change shows in the resolved copy")
    func everyKey() throws {
        let values = [
            "output_dir": "other", "seed": "7", "device": "cuda:0", "threads": "3",
            "segmenter.path": "x", "segmenter.architecture": "base_plus",
            "segmenter.init": "plain", "segmenter.freeze": "[a.*]",
            "segmenter.stored_dtype": "bfloat16", "data.train": "[b.h5]",
            "data.validation": "[c.h5]", "data.turns": "false", "data.prefetch": "3",
            "prompts.per_picture": "5", "prompts.kinds": "{box: 1}",
            "prompts.box_jitter": "[0.2]", "loss.dice": "2", "loss.cross_entropy": "3",
            "loss.positive_weight": "7", "loss.positive_weight_share": "0.7", "loss.focal": "5",
            "loss.focal_alpha": "0.6", "loss.focal_gamma": "1", "loss.predicted_iou": "0.2",
            "loss.alternatives": "1", "loss.auxiliary": "0", "loss.mask_refinement": "4",
            "training.max_steps": "5", "training.pictures_per_step": "9",
            "training.learning_rate": "1e-4", "training.lr_scheduler_type": "linear",
            "training.warmup_steps": "3", "training.weight_decay": "0.2",
            "training.adam_beta1": "0.8", "training.adam_beta2": "0.99",
            "training.adam_epsilon": "1e-6", "training.max_grad_norm": "0.5",
            "logging.save_steps": "9", "logging.save_total_limit": "4",
            "logging.eval_steps": "8", "logging.eval_samples": "6",
            "logging.trackers": "{mine: {command: [a]}}",
        ]
        let base = try load(minimal)
        #expect(Set(SegmenterConfiguration.keys.map(\.name)) == Set(values.keys))
        for (name, value) in values {
            let changed = try load(minimal, ["\(name)=\(value)"])
            #expect(changed != base, "\(name)")
            #expect(changed.resolved() != base.resolved(), "\(name)")
            #expect(try load(changed.resolved(comments: true)) == changed, "\(name)")
        }
    }

    @Test("What no run can do is refused by its key, all problems at once")
    func refused() {
        #expect(problems("seed: 1\n") == ["data.train"])
        let found = problems(
            minimal,
            [
                "prompts.kinds={box: 1, circle: 2}", "prompts.box_jitter=[]",
                "loss.mask_refinement=0", "training.warmup_steps=2000", "device=tpu",
            ])
        #expect(
            Set(found) == [
                "prompts.kinds", "prompts.box_jitter", "loss.mask_refinement",
                "training.warmup_steps", "device",
            ])
        #expect(problems(minimal, ["prompts.kinds={box: 0}"]) == ["prompts.kinds"])
        #expect(problems(minimal, ["prompts.kinds={box: -1, one_point: 1}"]) == ["prompts.kinds"])
        #expect(problems(minimal, ["prompts.box_jitter=[2]"]) == ["prompts.box_jitter"])
        #expect(
            problems(minimal, ["loss.dice=0", "loss.cross_entropy=0", "loss.focal=0"])
                == ["loss.dice"])
        #expect(problems(minimal, ["loss.dice=0", "loss.cross_entropy=0", "loss.focal=1"]).isEmpty)
    }

    @Test("The configuration of the embedded default is complete and asks in every way")
    func embedded() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Configs/embedded/segmenter.yaml").path
        let configuration = try SegmenterConfiguration.load(file: path)
        #expect(configuration.segmenter.architecture == .embedded)
        #expect(configuration.segmenter.initialization == .matched)
        let asked = configuration.prompts.kinds.entries.filter { $0.weight > 0 }.map(\.name)
        #expect(Set(asked) == Set(PromptKind.allCases.map(\.rawValue)))
    }
}
