import Foundation
import TestSupport
import Testing

@testable import VisionLanguage

@Suite struct CompanionFileTests {
    private static let parts = [
        "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
        "vocab.json", "merges.txt", "vocab.txt", "added_tokens.json", "special_tokens_map.json",
        "tokenizer.model", "qwen.tiktoken", "preprocessor_config.json", "processor_config.json",
        "video_preprocessor_config.json", "chat_template.json", "chat_template.jinja",
        "think2seg.json", "LICENSE", "LICENSE.txt", "Licence.md", "NOTICE", "USE_POLICY.md",
        "COPYING", "Qwen LICENSE AGREEMENT.txt",
    ]
    private static let others = [
        "README.md", "evaluation-explicit.json", "all_results.json", "eval_results.json",
        "trainer_state.json", "training.jsonl", "training_args.bin", "optimizer.pt",
        "adapter_config.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
        "model.safetensors.index.json", "quantize_config.json", "notes.txt", "old.jinja",
        "license.json", "license_check.py", ".gitattributes", "evaluation.json", "zero_to_fp32.py",
    ]

    @Test("Beside weights goes what a policy consists of, and nothing that speaks of other weights")
    func parts() throws {
        for name in Self.parts { #expect(CompanionFile.isPart(name), "\(name)") }
        for name in Self.others { #expect(!CompanionFile.isPart(name), "\(name)") }
        try withTemporaryFolder { folder in
            for name in Self.parts + Self.others {
                try Data("{}".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            }
            #expect(try CompanionFile.all(in: folder).map(\.name) == Self.parts.sorted())
        }
    }
}
