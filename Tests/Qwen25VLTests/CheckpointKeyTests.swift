import Foundation
import NN
import TestSupport
import Testing
import Torch

@testable import PolicyFamilies
@testable import VisionLanguage

@Suite("Keys of checkpoints")
struct CheckpointKeyTests {
    /// What becomes of a key; nil leaves the tensor out.
    private typealias Renaming = @Sendable (String) -> String?

    private let folder = fixture("checkpoint")

    /// A checkpoint with other keys; nil leaves a tensor out.
    private func withKeys(
        _ rename: Renaming, tied: Bool = true, pickled: Bool = false,
        _ body: (String) throws -> Void
    ) throws {
        let file = try SafetensorsFile(path: folder + "/model.safetensors")
        try withFolder { other in
            let config = try String(contentsOfFile: folder + "/config.json", encoding: .utf8)
            let untied = config.replacing(
                "\"tie_word_embeddings\": true", with: "\"tie_word_embeddings\": false")
            try Data((tied ? config : untied).utf8).write(
                to: URL(fileURLWithPath: other + "/config.json"))
            try FileManager.default.copyItem(
                atPath: folder + "/generation_config.json",
                toPath: other + "/generation_config.json")
            var tensors: [StoredTensor] = []
            for entry in file.entries {
                guard let name = rename(entry.name) else { continue }
                let bytes = try file.tensor(entry).contiguous().withBytes { Array($0) }
                tensors.append(StoredTensor(name, "F32", entry.shape, bytes))
            }
            if !tied,
                let words = tensors.first(where: { $0.name.hasSuffix("embed_tokens.weight") }),
                let name = rename("lm_head.weight")
            {
                tensors.append(StoredTensor(name, "F32", words.shape, words.bytes))
            }
            let (bytes, name) =
                pickled
                ? (tensors.torchFile(), "pytorch_model.bin")
                : (tensors.safetensors, "model.safetensors")
            try Data(bytes).write(to: URL(fileURLWithPath: other + "/" + name))
            try body(other)
        }
    }

    /// Holds a model to the numbers of the folder that transformers wrote.
    private func expectSame(_ model: VisionLanguageModel) throws {
        let plain = try VisionLanguageModel.load(directory: folder)
        let others = Dictionary(uniqueKeysWithValues: model.parameters.map { ($0.key, $0.tensor) })
        for parameter in plain.parameters {
            let other = try #require(others[parameter.key])
            #expect(try other.isEqual(to: parameter.tensor), "\(parameter.key)")
        }
    }

    /// The names that a key has in other layouts.
    private static func text(_ prefix: String) -> @Sendable (String) -> String {
        { $0.hasPrefix("model.") ? prefix + $0.dropFirst("model.".count) : $0 }
    }

    /// Layouts that transformers 5.23 was seen to read, to the same numbers.
    private static let known: [(String, Renaming)] = [
        ("base", { text("language_model.")($0) }), ("ZeRO-3", { text("model.model.")($0) }),
        ("all in model", { $0 == "lm_head.weight" ? $0 : "model." + $0 }),
        (
            "model in the language model",
            { $0.hasPrefix("visual.") ? "model." + $0 : text("model.language_model.model.")($0) }
        ),
    ]

    /// Layouts whose weights it makes anew.
    private static let others: [(String, Renaming)] = [
        ("compiled", { "_orig_mod." + $0 }), ("wrapped", { "module._orig_mod." + $0 }),
        ("PEFT", { "base_model.model." + $0 }),
        ("inside", { text("model._checkpoint_wrapped_module.")($0) }),
        ("language_model.model", { text("language_model.model.")($0) }),
        ("head in model", { $0 == "lm_head.weight" ? "model." + $0 : $0 }),
        (
            "twice",
            {
                $0.hasPrefix("visual.")
                    ? "model.model." + $0 : text("model.model.language_model.")($0)
            }
        ),
    ]

    @Test(
        "Every layout of keys gives the same numbers; one that transformers does not read is said")
    func layouts() throws {
        for (name, rename) in Self.known {
            for pickled in [false, true] {
                try withKeys(rename, pickled: pickled) { path in
                    let model = try VisionLanguageModel.load(directory: path)
                    #expect(model.warnings.isEmpty, "\(name)")
                    try expectSame(model)
                }
            }
            try withKeys(rename, tied: false) { path in
                try expectSame(VisionLanguageModel.load(directory: path))
            }
        }
        for (name, rename) in Self.others {
            try withKeys(rename, tied: name != "head in model") { path in
                let model = try VisionLanguageModel.load(directory: path)
                #expect(
                    model.warnings.count == 1 && model.warnings[0].contains("transformers"),
                    "\(name)")
                try expectSame(model)
                #expect(
                    try VisionLanguageModel.outline(directory: path, dtype: .float32).warnings
                        == model.warnings)
            }
        }
    }

    @Test("A base model saved alone is whole only if the head is its embedding")
    func base() throws {
        let base: Renaming = {
            $0 == "lm_head.weight" ? nil : Self.text("language_model.")($0)
        }
        try withKeys(base) { try expectSame(VisionLanguageModel.load(directory: $0)) }
        try withKeys(base, tied: false) { path in
            #expect {
                try VisionLanguageModel.load(directory: path)
            } throws: {
                "\($0)".contains("lm_head.weight is missing, and config.json does not tie it")
            }
        }
    }

    @Test("Keys of other programs are refused with what is there instead")
    func refused() throws {
        let cases: [(Renaming, String)] = [
            ({ Self.text("")($0) }, "the most like it is embed_tokens.weight"),
            ({ Self.text("model.text_model.")($0) }, "model.text_model.embed_tokens.weight"),
            ({ "thinker." + $0 }, "the most like it is thinker."),
            (
                { $0.hasPrefix("visual.") ? "vision_tower." + $0.dropFirst("visual.".count) : $0 },
                "has a name of MLX"
            ),
        ]
        for (rename, problem) in cases {
            try withKeys(rename) { path in
                #expect {
                    try VisionLanguageModel.load(directory: path)
                } throws: { "\($0)".contains(problem) }
            }
        }
    }

    @Test("What is read of pickled weights is written as safetensors")
    func export() throws {
        try withKeys({ $0 }, pickled: true) { path in
            try VisionLanguageModel.load(directory: path).save(directory: path + "/saved")
            let names = try FileManager.default.contentsOfDirectory(atPath: path + "/saved")
                .sorted()
            #expect(names == ["config.json", "generation_config.json", "model.safetensors"])
            try expectSame(VisionLanguageModel.load(directory: path + "/saved"))
        }
    }
}
