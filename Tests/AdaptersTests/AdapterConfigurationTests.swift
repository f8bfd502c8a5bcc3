import Foundation
import TestSupport
import Testing

@testable import Adapters

@Suite("Adapters' configurations")
struct AdapterConfigurationTests {
    private func read(_ more: String) throws -> AdapterConfiguration {
        try configuration(#"{"peft_type": "LORA", "target_modules": ["q_proj"]\#(more)}"#)
    }

    @Test("Two keys are enough, and all others have PEFT's defaults")
    func defaults() throws {
        let read = try read("")
        #expect(read.rank == 8)
        #expect(read.alpha == 8)
        #expect(read.dropout == 0)
        #expect(read.biases == .none)
        #expect(read.start == .uniform)
        #expect(!read.isRankStabilized && !read.isWeightDecomposed && !read.hasBias)
        #expect(read.warnings.isEmpty)
    }

    @Test("Patterns stay in the file's order")
    func order() throws {
        let read = try read(#", "rank_pattern": {"z": 1, "a": 2, "m\u0061": 3}"#)
        #expect(read.rankPattern.map(\.key) == ["z", "a", "ma"])
        let again = try AdapterConfiguration(read.written(), path: "f")
        #expect(again.rankPattern == read.rankPattern)
    }

    @Test(
        "Every key of PEFT is written, with what PEFT writes of it", arguments: AdapterCases.names)
    func written(name: String) throws {
        let folder = Fixtures.path("adapters/" + name)
        let path = folder + "/adapter_config.json"
        let read = try AdapterConfiguration.load(folder: folder)
        func object(_ data: Data) throws -> NSDictionary {
            try #require(try JSONSerialization.jsonObject(with: data) as? NSDictionary)
        }
        let original = try object(Data(contentsOf: URL(fileURLWithPath: path)))
        let written = try object(read.written())
        #expect(written.allKeys.count == 41)
        for (key, value) in original {
            let own = try #require(written[key] as? NSObject, "\(key)")
            // A single name may stand without a list.
            let isSame = own.isEqual(value) || own.isEqual([value])
            #expect(isSame, "\(key): \(own) for \(value)")
        }
        #expect(Set(written.allKeys.map { "\($0)" }) == Set(original.allKeys.map { "\($0)" }))
        let keys = String(decoding: read.written(), as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix("  \"") }
        #expect(keys == keys.sorted())
        var again = try AdapterConfiguration(read.written(), path: path)
        again.source = read.source
        #expect(again == read)
    }

    @Test("Settings that make another adapter are named, the order of names is none")
    func changes() throws {
        let one = try configuration(
            #"{"peft_type": "LORA", "target_modules": ["a", "b"], "r": 4, "lora_dropout": 0.1}"#)
        let same = try configuration(
            #"{"peft_type": "LORA", "target_modules": ["b", "a"], "r": 4, "revision": "x"}"#)
        #expect(one.changedKeys(from: same).isEmpty)
        let other = try configuration(
            #"{"peft_type": "LORA", "target_modules": ["b"], "lora_alpha": 9, "use_dora": true}"#)
        #expect(
            one.changedKeys(from: other) == ["lora_alpha", "r", "target_modules", "use_dora"])
    }

    @Test("Ways to begin that change the base are refused by name")
    func changedBases() throws {
        for name in ["pissa", "pissa_niter_16", "olora", "corda", "loftq", "lora_ga", "PiSSA"] {
            #expect("\(name)") {
                try read(#", "init_lora_weights": "\#(name)""#)
            } throws: {
                "\($0)".contains("init_lora_weights is \(name)")
            }
        }
        for name in [#""gaussian""#, #""orthogonal""#, #""eva""#, "true", "false", "null"] {
            _ = try read(#", "init_lora_weights": \#(name)"#)
        }
        let orthogonal = try read(#", "init_lora_weights": "orthogonal""#)
        #expect(throws: (any Error).self) { try orthogonal.requireFresh() }
    }

    @Test(
        "Other methods and variants are refused by name",
        arguments: [
            (#""target_parameters": ["a.b"]"#, "target_parameters"),
            (#""trainable_token_indices": [1, 2]"#, "trainable_token_indices"),
            (#""layer_replication": [[0, 2], [1, 3]]"#, "layer_replication"),
            (#""alora_invocation_tokens": [5]"#, "alora_invocation_tokens"),
            (#""arrow_config": {"top_k": 3}"#, "arrow_config"),
            (#""use_bdlora": {"nblocks": 2}"#, "use_bdlora"),
            (#""kasa_config": {"beta": 1}"#, "kasa_config"),
            (#""monteclora_config": {"n": 1}"#, "monteclora_config"),
            (#""a_setting_of_tomorrow": 3"#, "a_setting_of_tomorrow"),
            (#""another": "text""#, "another"),
        ])
    func refused(more: String, key: String) throws {
        #expect {
            try read(", " + more)
        } throws: {
            "\($0)".contains(key)
        }
        // What is not set is nothing.
        for value in ["null", "false", "[]", "{}", "\"\""] {
            let warnings = try read(#", "\#(key)": \#(value)"#).warnings
            #expect(warnings.isEmpty == !["a_setting_of_tomorrow", "another"].contains(key))
        }
    }

    @Test(
        "An adapter of another method is refused by its name", arguments: ["LOHA", "IA3", "VERA"])
    func otherMethods(name: String) {
        #expect {
            try configuration(#"{"peft_type": "\#(name)", "target_modules": ["q_proj"]}"#)
        } throws: {
            "\($0)".contains("peft_type is \(name)")
        }
    }

    @Test("What is missing or mistyped is named")
    func mistyped() {
        for (text, word) in [
            (#"{"target_modules": ["q_proj"]}"#, "peft_type is missing"),
            (#"{"peft_type": "LORA"}"#, "target_modules is missing"),
            (#"{"peft_type": "LORA", "target_modules": ["q"], "r": "8"}"#, "r is no number"),
            (#"{"peft_type": "LORA", "target_modules": ["q"], "r": 0}"#, "r is 0"),
            (#"{"peft_type": "LORA", "target_modules": ["q"], "r": 2.5}"#, "r is 2.5"),
            (#"{"peft_type": "LORA", "target_modules": [3]}"#, "target_modules has something"),
            (#"{"peft_type": "LORA", "target_modules": "("}"#, ""),
            (#"{"peft_type": "LORA", "target_modules": ["q"], "bias": "some"}"#, "bias is some"),
            (#"{"peft_type": "LORA", "target_modules": ["q"], "lora_dropout": 1}"#, "lora_dropout"),
            (
                #"{"peft_type": "LORA", "target_modules": ["q"], "rank_pattern": {"q": "a"}}"#,
                "rank_pattern has no whole number for q"
            ),
            (
                #"{"peft_type": "LORA", "target_modules": "q", "layers_to_transform": [0]}"#,
                "layers_to_transform goes with a list"
            ),
            (
                #"{"peft_type": "LORA", "target_modules": ["q"], "layers_pattern": "h"}"#,
                "layers_pattern needs"
            ),
            (
                #"{"peft_type": "LORA", "target_modules": ["q"], "use_dora": true, "lora_bias": true}"#,
                "lora_bias does not go with use_dora"
            ),
            ("[1]", "adapter_config.json"), ("{", "not valid JSON"),
        ] where !word.isEmpty {
            #expect("\(text)") {
                try configuration(text)
            } throws: {
                "\($0)".contains(word) && "\($0)".contains("adapter_config.json")
            }
        }
        #expect {
            try MiniatureBase().places(.expression("("))
        } throws: {
            "\($0)".contains("target_modules has (, which is no regular expression")
        }
    }
}
