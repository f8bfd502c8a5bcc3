import Foundation
import NN
import TestSupport
import Testing
import Torch

@Suite("Quantised weights")
struct QuantizationTests {
    /// Weights of a layer as a method leaves them, beside one that is plain.
    private func weights(_ tensors: [StoredTensor]) -> [UInt8] {
        ([StoredTensor(zeros: "norm.weight", "F16", [4], bits: 16)] + tensors).safetensors
    }

    /// Narrow numbers, which nobody can train.
    private var narrow: [UInt8] {
        weights([
            StoredTensor(zeros: "l.weight", "I8", [4, 4], bits: 8),
            StoredTensor(zeros: "l.other", "F32", [4], bits: 32),
        ])
    }

    private var plain: [UInt8] {
        weights([StoredTensor(zeros: "l.weight", "F16", [4, 4], bits: 16)])
    }

    private func error(
        _ weights: [UInt8], config: String? = nil, files: [String: String] = [:]
    ) throws -> CheckpointError {
        try withTemporaryFolder { folder in
            try write(weights, "model.safetensors", in: folder)
            if let config { try write(config, "config.json", in: folder) }
            for (name, text) in files { try write(text, name, in: folder) }
            return try #require(throws: CheckpointError.self) { try StoredWeights(path: folder) }
        }
    }

    private static let methods: [(String, String)] = [
        (#""quant_method": "awq", "bits": 4, "version": "gemm""#, "AWQ to 4 bits"),
        (#""quant_method": "gptq", "bits": 3, "group_size": 128"#, "GPTQ to 3 bits"),
        (
            #""quant_method": "bitsandbytes", "load_in_4bit": true, "bnb_4bit_quant_type": "nf4""#,
            "bitsandbytes (nf4) to 4 bits"
        ),
        (
            #""load_in_8bit": true, "load_in_4bit": false, "bnb_4bit_quant_type": "fp4""#,
            "bitsandbytes to 8 bits"
        ),
        (
            #""quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128]"#,
            "FP8 (e4m3, blocks of 128 x 128) to 8 bits"
        ),
        (#""quant_method": "fbgemm_fp8""#, "FBGEMM FP8 to 8 bits"),
        (
            #""quant_method": "compressed-tensors", "format": "pack-quantized", "#
                + #""config_groups": {"g": {"weights": {"num_bits": 4, "type": "int"}}}"#,
            "compressed-tensors (pack-quantized) to 4 bits"
        ),
        (
            #""quant_method": "torchao", "quant_type": {"default": {"_type": "Int4WeightOnlyConfig"}}"#,
            "torchao (Int4WeightOnlyConfig) to 4 bits"
        ),
        (#""quant_method": "torchao", "quant_type": "int8_weight_only""#, "to 8 bits"),
        (
            #""quant_method": "hqq", "quant_config": {"weight_quant_params": {"nbits": 2}}"#,
            "HQQ to 2 bits"
        ),
        (#""quant_method": "quanto", "weights": "int4""#, "Quanto to 4 bits"),
        (
            #""quant_method": "aqlm", "nbits_per_codebook": 16, "num_codebooks": 1, "in_group_size": 8"#,
            "AQLM to 2 bits"
        ),
        (#""quant_method": "bitnet""#, "BitNet to 1.58 bits"),
        (#""quant_method": "mxfp4""#, "MXFP4 to 4 bits"),
        (#""quant_method": "modelopt", "quant_algo": "NVFP4""#, "ModelOpt (NVFP4) to 4 bits"),
        (
            #""quant_method": "quark", "global_quant_config": {"weight": {"dtype": "fp8_e4m3"}}"#,
            "Quark to 8 bits"
        ),
        (#""quant_method": "auto-round", "bits": 4"#, "AutoRound to 4 bits"),
        (#""group_size": 64, "bits": 6"#, "a method that is not named, to 6 bits"),
        (#""quant_method": "squash", "bits": 5"#, "\"squash\", a method that is not known here,"),
    ]

    @Test("The configuration tells the method and the bits, and no weights are needed for it")
    func configurations() throws {
        for (fields, expected) in Self.methods {
            for config in [
                "{\"quantization_config\": {\(fields)}}",
                "{\"text_config\": {\"quantization_config\": {\(fields)}}}",
            ] {
                for weights in [narrow, [1, 2, 3]] {
                    let error = try error(weights, config: config)
                    #expect(error.path.hasSuffix("/config.json"))
                    #expect(
                        error.problem.hasPrefix("the weights are quantised with ")
                            && error.problem.contains(expected), "\(error)")
                    #expect(error.advice.contains("the checkpoint that they were made from"))
                }
            }
        }
    }

    @Test("Files that quantisers write beside config.json tell it too, and MLX's own key does")
    func sidecars() throws {
        let cases = [
            ("hf_quant_config.json", #"{"quantization": {"quant_algo": "FP8"}}"#, "ModelOpt (FP8)"),
            ("quantize_config.json", #"{"bits": 4, "desc_act": false}"#, "GPTQ to 4 bits"),
            ("quant_config.json", #"{"w_bit": 4, "version": "GEMM"}"#, "AWQ to 4 bits"),
            ("config.json", #"{"quantization": {"group_size": 64, "bits": 8}}"#, "MLX to 8 bits"),
            (
                "config.json",
                #"{"quantization": {"bits": 6}, "quantization_config": {"group_size": 64, "bits": 6}}"#,
                "MLX to 6 bits"
            ),
            ("quantize_config.json", #"{"bits": 4, "group_size": 128}"#, "GPTQ to 4 bits"),
        ]
        for (name, text, expected) in cases {
            let error = try error(narrow, files: [name: text])
            #expect(error.path.hasSuffix(name) && error.problem.contains(expected), "\(error)")
        }
    }

    @Test("The checkpoint that weights were made from is named where the folder tells")
    func base() throws {
        let quantized = #""quantization_config": {"quant_method": "awq"}"#
        let named = try error(narrow, config: #"{"_name_or_path": "Q/Base-7B", \#(quantized)}"#)
        #expect(named.advice.contains("made from, Q/Base-7B, with"))
        let card = "---\nbase_model:\n- Q/Base-3B\nlicense: x\n---\n# A\n"
        let told = try error(narrow, config: "{\(quantized)}", files: ["README.md": card])
        #expect(told.advice.contains("made from, Q/Base-3B, with"))
    }

    @Test("The card's base model is found in every form of text that a card has")
    func cards() throws {
        func utf16(_ text: String) -> [UInt8] {
            [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        }
        let card = "---\nbase_model: Q/Base # of it\ntags: []\n---\n"
        let texts: [[UInt8]] = [
            Array(card.utf8), [0xEF, 0xBB, 0xBF] + Array(card.utf8), utf16(card),
            Array(card.replacing("\n", with: "\r\n").utf8),
            Array("---\nbase_model:\n# list\n- 'Q/Base' # x\n---\n".utf8),
            Array("---\nbase_model: [\"Q/Base\", Q/Other]\n---\n".utf8),
            Array(card.utf8) + [0xE9, 0x0A],
        ]
        for text in texts {
            try withTemporaryFolder { folder in
                try write(narrow, "model.safetensors", in: folder)
                try write(
                    #"{"quantization_config": {"quant_method": "awq"}}"#, "config.json", in: folder)
                try write(text, "README.md", in: folder)
                #expect {
                    try StoredWeights(path: folder)
                } throws: { "\($0)".contains("made from, Q/Base, with") }
            }
        }
    }

    @Test("A method that no configuration names is told by the tensors")
    func unnamed() throws {
        let layers: [(String, [StoredTensor])] = [
            (
                "quantised with MLX to 4 bits (",
                [
                    StoredTensor(zeros: "l.weight", "U32", [4, 1], bits: 32),
                    StoredTensor(zeros: "l.scales", "F16", [4, 1], bits: 16),
                ]
            ),
            (
                "quantised with AWQ to 4 bits (",
                [
                    StoredTensor(zeros: "l.qweight", "I32", [16, 1], bits: 32),
                    StoredTensor(zeros: "l.qzeros", "I32", [1, 1], bits: 32),
                    StoredTensor(zeros: "l.scales", "F16", [1, 8], bits: 16),
                ]
            ),
        ]
        for (expected, tensors) in layers {
            let error = try error(
                weights(tensors),
                config: #"{"quantization_config": {"bits": 4, "group_size": 128}}"#)
            #expect(error.problem.contains(expected), "\(error)")
        }
    }

    @Test("A file beside config.json is not said to be what transformers goes by")
    func sidecarOfPlainWeights() throws {
        try withTemporaryFolder { folder in
            try write(plain, "model.safetensors", in: folder)
            try write(#"{"bits": 4, "group_size": 128}"#, "quantize_config.json", in: folder)
            let warnings = try StoredWeights(path: folder).warnings
            #expect(warnings.count == 1 && warnings[0].contains("GPTQ to 4 bits"))
            #expect(!warnings[0].contains("transformers goes by"))
        }
    }

    @Test("Plain weights are read whatever the configuration says of them, which is a warning")
    func contradiction() throws {
        let silent = [
            "{}", #"{"quantization_config": null}"#, #"{"quantization_config": {}}"#,
            #"{"quantization_config": {"load_in_4bit": false, "load_in_8bit": false}}"#,
        ]
        let wrong = #"{"quantization_config": {"quant_method": "awq", "bits": 4}}"#
        for (config, count) in silent.map({ ($0, 0) }) + [(wrong, 1)] {
            try withTemporaryFolder { folder in
                try write(plain, "model.safetensors", in: folder)
                try write(config, "config.json", in: folder)
                let weights = try StoredWeights(path: folder)
                #expect(weights.warnings.count == count, "\(config)")
                #expect(weights.warnings.allSatisfy { $0.contains("AWQ to 4 bits") })
                // What is missing then is the method's fault.
                if count == 1 {
                    #expect {
                        try weights.require("none", shape: [1])
                    } throws: { "\($0)".contains("AWQ") }
                }
            }
        }
    }

    private static let signs: [(String, [(String, String, [Int], Int)])] = [
        (
            "bitsandbytes to 4 bits",
            [("weight", "U8", [8, 1], 8), ("weight.absmax", "U8", [1], 8)]
        ),
        ("bitsandbytes to 8 bits", [("weight", "I8", [4, 4], 8), ("SCB", "F32", [4], 32)]),
        (
            "GPTQ to 4 bits",
            [
                ("qweight", "I32", [2, 8], 32), ("qzeros", "I32", [1, 1], 32),
                ("scales", "F16", [1, 8], 16), ("g_idx", "I32", [16], 32),
            ]
        ),
        (
            "AWQ to 4 bits",
            [
                ("qweight", "I32", [16, 1], 32), ("qzeros", "I32", [1, 1], 32),
                ("scales", "F16", [1, 8], 16),
            ]
        ),
        ("compressed-tensors", [("weight_packed", "I32", [4, 1], 32)]),
        (
            "NVFP4",
            [
                ("weight", "U8", [4, 2], 8), ("weight_scale", "F8_E4M3", [4, 1], 8),
                ("weight_scale_2", "F32", [1], 32),
            ]
        ),
        (
            "FP8 by blocks",
            [("weight", "F8_E4M3", [4, 4], 8), ("weight_scale_inv", "F32", [1, 1], 32)]
        ),
        ("FP8 and scales", [("weight", "F8_E5M2", [4, 4], 8), ("weight_scale", "F32", [1], 32)]),
        ("int8 and scales", [("weight", "I8", [4, 4], 8), ("weight_scale", "F32", [1], 32)]),
        (
            "MLX",
            [
                ("weight", "U32", [4, 1], 32), ("scales", "F16", [4, 1], 16),
                ("biases", "F16", [4, 1], 16),
            ]
        ),
        (
            "torchao",
            [("_weight_qdata", "F8_E4M3", [4, 4], 8), ("_weight_scale", "F32", [4, 1], 32)]
        ),
        ("torchao", [("_weight_qdata", "I8", [4, 4], 8), ("_weight_scale", "F32", [4, 1], 32)]),
        ("8 bits with scales", [("weight", "F8_E4M3", [4, 4], 8), ("oddscale", "F32", [1], 32)]),
        ("a packed form", [("qweight", "U8", [4, 2], 8), ("scales", "F16", [4, 1], 16)]),
        ("a packed form", [("qweight", "I16", [4, 2], 16), ("scales", "F16", [4, 1], 16)]),
        (
            "compressed-tensors, sparse",
            [("weight.compressed", "BF16", [4, 2], 16), ("weight.bitmask", "U8", [4, 1], 8)]
        ),
        ("HQQ", [("W_q", "U8", [4, 4], 8)]), ("AQLM", [("codebooks", "F16", [4, 4], 16)]),
        ("8 bits without scales", [("weight", "F8_E4M3", [4, 4], 8)]),
        ("4 or 6 bits", [("weight", "F4", [4, 4], 4)]),
        ("integers", [("weight", "U8", [4, 4], 8)]),
    ]

    @Test("Where the configuration says nothing, names and types of tensors give a method away")
    func tensors() throws {
        for (expected, tensors) in Self.signs {
            let error = try error(
                weights(tensors.map { StoredTensor(zeros: "l." + $0.0, $0.1, $0.2, bits: $0.3) }))
            #expect(error.path.hasSuffix("/model.safetensors"))
            #expect(
                error.problem.contains(expected) && error.problem.contains("tensor l."), "\(error)")
            #expect(!error.description.contains("again"))
        }
    }

    @Test("A tensor of a type that no model has is named with it, and nothing is called damaged")
    func types() throws {
        for (type, bits) in [("C64", 64), ("U64", 64), ("I16", 16), ("FUTURE", 8)] {
            let error = try error(weights([StoredTensor(zeros: "x", type, [3], bits: bits)]))
            #expect(error.problem.contains("tensor x holds \(type) ("), "\(error)")
            #expect(!error.description.contains("damaged"))
        }
    }
}
