import Foundation
import Testing

@testable import PolicyFamilies
@testable import VisionLanguage

@Suite("Configuration")
struct ConfigurationTests {
    private func contents(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(fileURLWithPath: fixture(name)))
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// What reading the hub's form says after a change; the file's name is left out.
    private func problem(
        _ file: String = "tied.json", _ change: (inout [String: Any]) -> Void
    ) throws -> String? {
        var object = try contents(file)
        change(&object)
        return try withFolder { folder in
            let path = folder + "/config.json"
            try JSONSerialization.data(withJSONObject: object)
                .write(to: URL(fileURLWithPath: path))
            do {
                _ = try Qwen25VLConfiguration.load(path: path)
                return nil
            } catch let error as PolicyConfigurationError {
                #expect(error.path == path)
                return "\(error.key) \(error.problem)"
            }
        }
    }

    private func changeVision(_ object: inout [String: Any], _ key: String, _ value: Any?) {
        var vision = object["vision_config"] as? [String: Any] ?? [:]
        vision[key] = value
        object["vision_config"] = vision
    }

    @Test("A mark, UTF-16 and members that stand twice change nothing that Python reads")
    func encodings() throws {
        let text = try String(contentsOfFile: fixture("tied.json"), encoding: .utf8)
        let twice =
            "{\"hidden_size\": 8, \"vision_config\": 3," + text.drop { $0 != "{" }.dropFirst()
        try withFolder { folder in
            let path = folder + "/config.json"
            for encoding in [String.Encoding.utf8, .utf16LittleEndian, .utf16BigEndian] {
                let data = try #require("\u{FEFF}\(twice)".data(using: encoding))
                try data.write(to: URL(fileURLWithPath: path))
                #expect(try Qwen25VLConfiguration.load(path: path).text.hiddenSize == 48)
                #expect(CompanionFile(name: "config.json", data: data).data == Data(twice.utf8))
            }
            try (Data(text.utf8) + Data([0xE9, 0x20])).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: PolicyConfigurationError.self) {
                try Qwen25VLConfiguration.load(path: path)
            }
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).count
            #expect(
                error?.problem
                    == "not UTF-8 at byte \(text.utf8.count) (line \(lines)): 0xE9; save the "
                    + "file as UTF-8")
        }
    }

    @Test("The hub's form is read")
    func hub() throws {
        let configuration = try Qwen25VLConfiguration.load(path: fixture("tied.json"))
        #expect(configuration.text.hiddenSize == 48)
        #expect(configuration.text.keyValueHeadCount == 2)
        #expect(configuration.text.ropeTheta == 1_000_000)
        #expect(configuration.text.ropeSections == [1, 2, 3])
        #expect(configuration.text.normEpsilon == 1e-6)
        #expect(configuration.vision.channels == 3)
        #expect(configuration.vision.patchElements == 1176)
        #expect(configuration.vision.windowCells == 4)
        #expect(configuration.tiesWordEmbeddings)
        #expect(configuration.eosTokenIDs == [2])
        #expect(configuration.placeholderTokenIDs == [190, 191])
    }

    @Test("The nested form is read")
    func nested() throws {
        let configuration = try Qwen25VLConfiguration.load(path: fixture("untied.json"))
        #expect(configuration.text.hiddenSize == 64)
        #expect(configuration.text.ropeTheta == 10_000)
        #expect(configuration.text.ropeSections == [2, 3, 3])
        #expect(configuration.vision.patchSize == 4)
        #expect(!configuration.tiesWordEmbeddings)
        #expect(configuration.eosTokenIDs == [2, 3])
        #expect(configuration.padTokenID == 0)
    }

    @Test("Embeddings are shared if either place says so")
    func ties() throws {
        var object = try contents("untied.json")
        var text = try #require(object["text_config"] as? [String: Any])
        text["tie_word_embeddings"] = true
        object["text_config"] = text
        let data = try JSONSerialization.data(withJSONObject: object)
        #expect(
            try JSONDecoder().decode(Qwen25VLConfiguration.self, from: data).tiesWordEmbeddings)
    }

    @Test("What is written is read back the same", arguments: Reference.models)
    func roundTrip(name: String) throws {
        let configuration = try Qwen25VLConfiguration.load(path: fixture(name + ".json"))
        let data = try JSONEncoder().encode(configuration)
        #expect(try JSONDecoder().decode(Qwen25VLConfiguration.self, from: data) == configuration)
    }

    @Test(
        "A missing field is named",
        arguments: [
            "model_type", "hidden_size", "vocab_size", "num_hidden_layers", "rms_norm_eps",
            "rope_theta", "vision_config", "image_token_id", "vision_end_token_id",
        ])
    func missing(key: String) throws {
        #expect(try problem { $0[key] = nil } == key + " is missing")
    }

    @Test("A missing field of an inner object is named with its path")
    func missingInside() throws {
        #expect(
            try problem { changeVision(&$0, "depth", nil) } == "vision_config.depth is missing")
        #expect(
            try problem("untied.json") { object in
                var text = object["text_config"] as? [String: Any] ?? [:]
                text["num_attention_heads"] = nil
                object["text_config"] = text
            } == "text_config.num_attention_heads is missing")
        #expect(
            try problem { $0["rope_scaling"] = ["type": "mrope"] }
                == "rope_scaling.mrope_section is missing")
    }

    @Test("A field of another type is named")
    func mistyped() throws {
        #expect(try problem { $0["hidden_size"] = "48" } == "hidden_size is not an integer")
        #expect(
            try problem { changeVision(&$0, "fullatt_block_indexes", 7) }?
                .hasPrefix("vision_config.fullatt_block_indexes is not") == true)
    }

    @Test("What the model cannot do is refused by name")
    func unsupported() throws {
        let cases: [(String, (inout [String: Any]) -> Void)] = [
            ("model_type", { $0["model_type"] = "qwen2_vl" }),
            ("hidden_act", { $0["hidden_act"] = "gelu" }),
            ("use_sliding_window", { $0["use_sliding_window"] = true }),
            ("layer_types", { $0["layer_types"] = ["sliding_attention"] }),
            ("rope_scaling.rope_type", { $0["rope_scaling"] = ["type": "yarn", "factor": 4] }),
            (
                "mrope_section",
                { $0["rope_scaling"] = ["type": "mrope", "mrope_section": [1, 2]] }
            ),
            ("hidden_size", { $0["hidden_size"] = 49 }),
            ("hidden_size", { $0["hidden_size"] = 0 }),
            ("num_attention_heads", { $0["num_key_value_heads"] = 3 }),
            ("image_token_id", { $0["image_token_id"] = 200 }),
            ("vision_config.hidden_size", { self.changeVision(&$0, "num_heads", 3) }),
            ("vision_config.hidden_size", { self.changeVision(&$0, "num_heads", 16) }),
            ("vision_config.window_size", { self.changeVision(&$0, "window_size", 27) }),
            ("vision_config.out_hidden_size", { self.changeVision(&$0, "out_hidden_size", 64) }),
        ]
        for (key, change) in cases {
            let problem = try #require(try problem("tied.json", change), "\(key)")
            #expect(problem.hasPrefix(key + " "), "\(problem)")
        }
    }

    @Test("A file that is not JSON, or not there, is named")
    func unreadable() throws {
        try withFolder { folder in
            let path = folder + "/config.json"
            #expect(throws: PolicyConfigurationError.self) {
                try Qwen25VLConfiguration.load(path: path)
            }
            try Data("{ no".utf8).write(to: URL(fileURLWithPath: path))
            #expect {
                try Qwen25VLConfiguration.load(path: path)
            } throws: { "\($0)".hasPrefix("\(path): not valid JSON at column 3: a key in") }
        }
    }

    @Test("Every token that ends completions is read; without a file config.json decides")
    func generation() throws {
        let configuration = try Qwen25VLConfiguration.load(path: fixture("tied.json"))
        #expect(
            try GenerationConfiguration.load(
                directory: fixture("checkpoint"), configuration: configuration)
                == GenerationConfiguration(eosTokenIDs: [2, 3], padTokenID: 0))
        try withFolder { folder in
            #expect(
                try GenerationConfiguration.load(directory: folder, configuration: configuration)
                    == GenerationConfiguration(eosTokenIDs: [2], padTokenID: 2))
            var silent = configuration
            silent.eosTokenIDs = []
            #expect(throws: PolicyConfigurationError.self) {
                try GenerationConfiguration.load(directory: folder, configuration: silent)
            }
            try Data(#"{"eos_token_id": 5, "pad_token_id": -1}"#.utf8)
                .write(to: URL(fileURLWithPath: folder + "/generation_config.json"))
            #expect {
                try GenerationConfiguration.load(directory: folder, configuration: configuration)
            } throws: { ($0 as? PolicyConfigurationError)?.key == "pad_token_id" }
        }
    }
    @Test(
        "A model_type that no family has is refused, and what may be asked before is the first one's"
    )
    func registry() throws {
        try withFolder { folder in
            let path = folder + "/config.json"
            func write(_ text: String) throws {
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            }
            func problem() -> String? {
                do {
                    _ = try PolicyRegistry.family(directory: folder)
                    return nil
                } catch { return "\(error)" }
            }
            try write(#"{"model_type": "none", "vocab_size": 3}"#)
            let known = PolicyRegistry.families.flatMap { $0.modelTypes }
            #expect(
                problem() == "\(path): model_type is none; only \(known.joined(separator: ", ")) "
                    + (known.count == 1 ? "is" : "are") + " supported")
            try write("{}")
            #expect(problem() == "\(path): model_type is missing")
            try write(#"{"model_type": 3}"#)
            #expect(problem()?.hasPrefix("\(path): model_type is not ") == true)
            #expect(PolicyRegistry.likely(directory: folder).name == "Qwen2.5-VL")
            #expect(PolicyRegistry.pictureBlock(directory: nil) == 28)
        }
        let types = PolicyRegistry.families.flatMap { $0.modelTypes }
        #expect(Set(types).count == types.count, "no two families have one model_type")
    }
}
