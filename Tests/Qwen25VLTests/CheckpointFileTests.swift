import Foundation
import NN
import Testing
import Tokenizers
import Torch

@testable import PolicyFamilies
@testable import VisionLanguage

/// What stands in the files beside the weights, and what is made of it.
@Suite("Files of checkpoints")
struct CheckpointFileTests {
    private let folder = fixture("checkpoint")

    /// A copy of the checkpoint with other files: contents by name, nil for none.
    private func withCheckpoint(
        _ files: [String: String?], _ body: (String) throws -> Void
    ) throws {
        try withFolder { other in
            let path = other + "/policy"
            try FileManager.default.copyItem(atPath: folder, toPath: path)
            for (name, text) in files {
                try? FileManager.default.removeItem(atPath: path + "/" + name)
                if let text {
                    try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
                }
            }
            try body(path)
        }
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    private var configuration: String { get throws { try text(folder + "/config.json") } }

    // MARK: - Element types

    @Test("A policy states the type of its weights wherever config.json states one, and only that")
    func statedType() throws {
        func file(_ top: String, _ vision: String) throws -> String {
            try configuration.replacingOccurrences(
                of: "\"dtype\": \"float32\",", with: top + "\"rope_theta\": 1e-06,"
            ).replacingOccurrences(
                of: "\"depth\": 1,", with: vision + "\"words\": {\"dtype\": 7}, \"depth\": 1,")
        }
        let given = try file(
            #""quantization_config": {"dtype": "int8"}, "torch_dtype": "bfloat16", "dtype": null, "#,
            #""torch_dtype": "torch.bfloat16", "quantization_config": null, "#)
        try withCheckpoint(["config.json": given]) { path in
            let model = try VisionLanguageModel.load(directory: path)
            for type in [DType.float32, .bfloat16, .float16] {
                try model.save(directory: path + "/saved", dtype: type)
                let found = try text(path + "/saved/config.json")
                let expected = try file(
                    "\"torch_dtype\": \"\(type)\", \"dtype\": \"\(type)\", ",
                    "\"torch_dtype\": \"\(type)\", ")
                #expect(found == expected)
            }
        }
    }

    @Test(
        "A policy whose config.json states no type gets one, in the key that transformers 4 reads")
    func addedType() throws {
        let silent = try configuration.replacingOccurrences(of: "\"dtype\": \"float32\",", with: "")
        try withCheckpoint(["config.json": silent]) { path in
            try VisionLanguageModel.load(directory: path, dtype: .bfloat16).save(
                directory: path + "/b")
            let found = try JSONSerialization.jsonObject(
                with: Data(text(path + "/b/config.json").utf8))
            let object = try #require(found as? [String: Any])
            #expect(object["torch_dtype"] as? String == "bfloat16" && object["dtype"] == nil)
            try VisionLanguageModel(
                random: .load(path: fixture("tied.json")), seed: 1, dtype: .bfloat16
            )
            .save(directory: path + "/c")
            #expect(try text(path + "/c/config.json").contains("\"torch_dtype\" : \"bfloat16\""))
        }
    }

    @Test("Weights of several types are stated as the narrowest type that holds them all")
    func severalTypes() throws {
        #expect(StatedElementType.holding([.bfloat16, .float32]) == .float32)
        #expect(StatedElementType.holding([.bfloat16, .float16]) == .float32)
        #expect(StatedElementType.holding([.float16]) == .float16)
        #expect(StatedElementType.holding([.float64, .float16]) == .float64)
        let model = try VisionLanguageModel.load(directory: folder)
        try withFolder { other in
            try model.files { parameter in
                try model.isVision(parameter)
                    ? parameter.tensor.to(.bfloat16) : parameter.tensor
            }.write(to: other)
            #expect(try text(other + "/config.json").contains("\"dtype\": \"float32\""))
            try model.save(directory: other, dtype: .bfloat16)
            try Data(configuration.utf8).write(to: URL(fileURLWithPath: other + "/config.json"))
            try VisionLanguageModel.restateElementType(directory: other)
            #expect(try text(other + "/config.json").contains("\"dtype\": \"bfloat16\""))
        }
    }

    @Test("A config.json that states a type which cannot hold the weights is warned about")
    func narrowType() throws {
        for (type, count) in [("float32", 0), ("float64", 0), ("bfloat16", 1), ("float16", 1)] {
            let stated = try configuration.replacingOccurrences(
                of: "\"dtype\": \"float32\"", with: "\"torch_dtype\": \"\(type)\"")
            try withCheckpoint(["config.json": stated]) { path in
                let found = try VisionLanguageModel.load(directory: path).warnings
                #expect(found.count == count, "\(type)")
                #expect(
                    found.allSatisfy { $0.contains("states \(type)") && $0.contains("float32") })
                #expect(
                    try VisionLanguageModel.outline(directory: path, dtype: .float32).warnings
                        == found)
            }
        }
    }

    // MARK: - Pictures

    @Test("processor_config.json counts before preprocessor_config.json, and what differs is said")
    func processors() throws {
        let vision = try Qwen25VLConfiguration.load(path: fixture("tied.json")).vision
        let hub = try text(fixture("processor/hub.json"))
        let other = hub.replacingOccurrences(of: "\"min_pixels\": ", with: "\"min_pixels\": 1")
        func found(_ single: String?, _ combined: String?) throws -> (Int, String?) {
            try withFolder { folder in
                for (name, text) in [
                    (ProcessorFiles.single, single), (ProcessorFiles.combined, combined),
                ] {
                    try text.map { Data($0.utf8) }?.write(
                        to: URL(fileURLWithPath: folder + "/" + name))
                }
                try Data("{\"min_pixels\": 9}".utf8).write(
                    to: URL(fileURLWithPath: folder + "/video_preprocessor_config.json"))
                let value = try ImageProcessorConfiguration.load(
                    directory: folder, vision: vision)
                return (value.minPixels, try ProcessorFiles(directory: folder).warning(value))
            }
        }
        let least = try found(hub, nil).0
        let both = try found(hub, "{\"image_processor\": \(other)}")
        #expect(both.0 != least)
        #expect(
            both.1?.contains("min_pixels is \(both.0) in the first and \(least) in the second")
                == true)
        #expect(try found(hub, "{\"image_processor\": \(hub)}") == (least, nil))
        #expect(
            try found("{}", "{\"image_processor\": \(hub)}").1?.contains("cannot be used") == true)
        // Processors of older versions keep other things in the file.
        for combined in [
            #"{"processor_class": "Qwen2_5_VLProcessor"}"#, #"{"image_processor": null}"#,
            #"{"video_processor": {"min_pixels": 9}}"#,
        ] {
            #expect(try found(hub, combined) == (least, nil))
            #expect {
                _ = try found(nil, combined)
            } throws: { ($0 as? PolicyConfigurationError)?.key == "image_processor" }
        }
    }

    @Test("What is written says the same of pictures in the file that transformers 4 reads")
    func reconciledProcessors() throws {
        let vision = try Qwen25VLConfiguration.load(path: fixture("tied.json")).vision
        let hub = try text(fixture("processor/hub.json"))
        let other = hub.replacingOccurrences(of: "\"min_pixels\": ", with: "\"min_pixels\": 1")
        for single in [hub, "{\"size\": {\"shortest_edge\": 4}, \"other\": 1e-06}", "damaged"] {
            try withFolder { folder in
                func write(_ name: String, _ data: Data) throws {
                    try data.write(to: URL(fileURLWithPath: folder + "/" + name))
                }
                try write(ProcessorFiles.single, Data(single.utf8))
                try write(ProcessorFiles.combined, Data("{\"image_processor\": \(other)}".utf8))
                let files = try ProcessorFiles(directory: folder)
                let value = try files.load(vision: vision)
                let all = try CompanionFile.all(in: folder)
                let written = files.reconciled(all, value)
                #expect(written.map(\.name) == all.map(\.name))
                for file in written { try write(file.name, file.data) }
                #expect(files.warning(value) == nil)
                #expect(files.reconciled(written, value) == written)
                #expect(
                    try text(folder + "/" + ProcessorFiles.single).contains("1e-06")
                        == single.contains("1e-06"))
                try FileManager.default.removeItem(atPath: folder + "/" + ProcessorFiles.combined)
                #expect(try ProcessorFiles(directory: folder).load(vision: vision) == value)
            }
        }
    }

    @Test("What was in a folder before and would count is gone when a policy is written there")
    func oldFiles() throws {
        let model = try VisionLanguageModel.load(directory: folder)
        try withFolder { other in
            try model.save(directory: other, shardBytes: 20_000)
            try Data(#"{"image_processor": {}}"#.utf8)
                .write(to: URL(fileURLWithPath: other + "/processor_config.json"))
            try model.save(directory: other)
            let names = try FileManager.default.contentsOfDirectory(atPath: other).sorted()
            #expect(
                names == [
                    "config.json", "generation_config.json", "model.safetensors",
                    "preprocessor_config.json",
                ])
        }
    }

    // MARK: - Ends

    private func ends(
        generation: String?, configuration: String? = nil, tokenizer: Int? = nil
    ) throws -> [Int] {
        var files: [String: String?] = ["generation_config.json": generation]
        if let configuration { files["config.json"] = configuration }
        var ids: [Int] = []
        try withCheckpoint(files) { path in
            let end = tokenizer.map {
                Tokenizer.EndToken(id: $0, content: "<end>", file: "tokenizer_config.json")
            }
            ids = try VisionLanguageModel.load(directory: path, endToken: end).generation
                .eosTokenIDs
        }
        return ids
    }

    @Test("What ends is named by generation_config.json, by config.json or by the tokenizer")
    func union() throws {
        let top = try configuration.replacingOccurrences(
            of: "\"image_token_id\"", with: "\"eos_token_id\": [4, 2], \"image_token_id\"")
        let none = try configuration.replacingOccurrences(
            of: "\"eos_token_id\": 2", with: "\"eos_token_id\": null")
        #expect(try ends(generation: #"{"eos_token_id": 3}"#) == [3, 2])
        #expect(try ends(generation: #"{"eos_token_id": [3, 2, 3]}"#, tokenizer: 5) == [3, 2, 5])
        #expect(try ends(generation: nil, configuration: top, tokenizer: 2) == [2, 4])
        #expect(try ends(generation: nil, configuration: none, tokenizer: 7) == [7])
        #expect(
            try ends(generation: #"{"eos_token_id": null}"#, configuration: none, tokenizer: 7) == [
                7
            ])
        #expect(throws: PolicyConfigurationError.self) {
            try ends(generation: nil, configuration: none)
        }
    }

    @Test("An end that is no token of the vocabulary is refused, by file and key")
    func foreignEnds() throws {
        func problem(_ body: () throws -> [Int]) -> String {
            do { return "\(try body())" } catch { return "\(error)" }
        }
        for value in [
            "200", "[2, 200]", "-1", "[2, -1]", "2.5", "\"2\"", "[[2]]", "[null]", "true",
        ] {
            let inFile = problem { try ends(generation: "{\"eos_token_id\": \(value)}") }
            #expect(inFile.contains("generation_config.json: eos_token_id "), "\(value): \(inFile)")
            let inText = problem {
                try ends(
                    generation: nil,
                    configuration: configuration.replacingOccurrences(
                        of: "\"eos_token_id\": 2", with: "\"eos_token_id\": \(value)"))
            }
            #expect(
                inText.contains("config.json: text_config.eos_token_id "), "\(value): \(inText)")
            let atTop = problem {
                try ends(
                    generation: nil,
                    configuration: configuration.replacingOccurrences(
                        of: "\"image_token_id\"",
                        with: "\"eos_token_id\": \(value), \"image_token_id\""))
            }
            #expect(atTop.contains("config.json: eos_token_id "), "\(value): \(atTop)")
        }
        let beyond = problem { try ends(generation: nil, tokenizer: 200) }
        #expect(beyond.contains("tokenizer_config.json: eos_token ") && beyond.contains("200"))
    }

    @Test("A written policy's generation_config.json names all that ends, and else stays as it was")
    func writtenEnds() throws {
        func written(_ file: String?, tokenizer: Int) throws -> String? {
            var result: String?
            try withCheckpoint(["generation_config.json": file]) { path in
                let end = Tokenizer.EndToken(id: tokenizer, content: "<end>", file: "x")
                try VisionLanguageModel.load(directory: path, endToken: end).save(
                    directory: path + "/b")
                result = try? text(path + "/b/generation_config.json")
            }
            return result
        }
        let same = #"{"eos_token_id": [3,2], "temperature": 1e-06}"#
        #expect(try written(same, tokenizer: 2) == same)
        #expect(
            try written(#"{"eos_token_id": 3, "temperature": 1e-06}"#, tokenizer: 5)
                == #"{"eos_token_id": [3, 2, 5], "temperature": 1e-06}"#)
        #expect(
            try written(#"{"temperature": 1e-06}"#, tokenizer: 5)
                == #"{"temperature": 1e-06, "eos_token_id": [2, 5]}"#)
        // Without an end elsewhere: what is stated is stated.
        for none in ["null", "[]"] {
            #expect(
                try written("{\"eos_token_id\": \(none)}", tokenizer: 2)
                    == #"{"eos_token_id": [2]}"#)
        }
        // No other program takes a byte-order mark.
        #expect(try written("\u{FEFF}" + same, tokenizer: 2) == same)
        #expect(try written(nil, tokenizer: 2) == nil)
        #expect(try written(nil, tokenizer: 5)?.contains("5") == true)
    }
}
