import Foundation
import NN
import TestSupport
import Testing

@testable import Adapters
@testable import PolicyFamilies

@Suite("Modules that an adapter means")
struct ModuleTests {
    /// What matches.json holds.
    private struct Match: Decodable {
        struct Module: Decodable, Hashable {
            let name: String
            let rank: Int
            let scale: Double

            init(from decoder: any Decoder) throws {
                var list = try decoder.unkeyedContainer()
                name = try list.decode(String.self)
                rank = try list.decode(Int.self)
                scale = try list.decode(Double.self)
            }
        }
        let settings: String
        let modules: [Module]?
        let saved: [String]
    }

    private static func matches() throws -> [Match] {
        try Fixtures.decode([Match].self, "adapters/matches.json")
    }

    private let base = MiniatureBase(layers: 12, blocks: 12)

    @Test(
        "Names, expressions, layers and patterns mean the modules, ranks and scales that PEFT takes"
    )
    func peft() throws {
        let map = Qwen25VLKeys()
        for match in try Self.matches() {
            guard let modules = match.modules else {
                #expect(throws: (any Error).self, "\(match.settings)") {
                    try ResolvedAdapter(configuration(match.settings), base.tree)
                }
                continue
            }
            let resolved = try ResolvedAdapter(configuration(match.settings), base.tree)
            #expect(
                Set(resolved.modules.map { map.memory($0.name) }) == Set(modules.map(\.name)),
                "\(match.settings)")
            for module in modules {
                let place = resolved.modules.first { map.memory($0.name) == module.name }
                let form = place.flatMap { resolved.forms[$0.name] }
                #expect(form?.rank == module.rank, "\(match.settings) \(module.name)")
                #expect(
                    abs((form?.scale ?? 0) - module.scale) < 1e-12,
                    "\(match.settings) \(module.name)")
            }
            let known = resolved.copies.map(map.memory).filter { key in
                // A miniature base has no norms but these.
                match.saved.contains(key) || !key.contains("norm")
            }
            #expect(Set(known).isSubset(of: Set(match.saved)), "\(match.settings)")
            #expect(resolved.copies.isEmpty == match.saved.isEmpty, "\(match.settings)")
        }
    }

    @Test("A name of the text's MLP means the tower's MLP too")
    func tower() throws {
        let base = MiniatureBase(layers: 2, blocks: 2)
        let places = try base.places(.names(["gate_proj"]))
        #expect(places.count == 4)
        #expect(places.filter { $0.hasPrefix("visual.") }.count == 2)
    }

    @Test("An expression must fit the whole name")
    func wholeName() throws {
        #expect {
            try base.places(.expression("self_attn.q_proj"))
        } throws: {
            "\($0)".contains("target_modules fits no module")
        }
        #expect(try base.places(.expression(".*self_attn.q_proj")).count == 12)
    }

    @Test(
        "all-linear, in any case, leaves out the head and takes the merger, embeddings and patches stay"
    )
    func allLinear() throws {
        let base = MiniatureBase(layers: 3, blocks: 4)
        let places = try base.places(.expression("All-Linear"))
        // Two tensors each.
        #expect(2 * places.count == 86)
        #expect(places.contains("visual.merger.mlp.0"))
        for absent in ["lm_head", "model.embed_tokens", "visual.patch_embed.proj"] {
            #expect(!places.contains(absent))
        }
        // What PEFT makes of it in a file.
        let short = [
            "qkv", "attn.proj", "mlp.0", "mlp.2", "q_proj", "k_proj", "v_proj", "o_proj",
            "gate_proj", "up_proj", "down_proj",
        ]
        #expect(try base.places(.names(short)) == places)
    }

    @Test("The first key of rank_pattern that fits counts, and block 0 is not block 10")
    func patterns() throws {
        let text = """
            {"peft_type": "LORA", "target_modules": ["qkv"], "r": 8, "lora_alpha": 8,
             "rank_pattern": {"blocks.0.attn.qkv": 2, "qkv": 4, "blocks.1.attn.qkv": 6},
             "alpha_pattern": {"blocks.1..attn.qkv": 16}}
            """
        let forms = try ResolvedAdapter(configuration(text), base.tree).forms
        #expect(forms["visual.blocks.0.attn.qkv"]?.rank == 2)
        #expect(forms["visual.blocks.10.attn.qkv"]?.rank == 4)
        #expect(forms["visual.blocks.1.attn.qkv"]?.rank == 4)
        #expect(forms["visual.blocks.10.attn.qkv"]?.scale == 4)
        #expect(forms["visual.blocks.1.attn.qkv"]?.scale == 2)
    }

    @Test("Rank-stabilised scales are of each module's own rank")
    func stabilized() throws {
        let text = """
            {"peft_type": "LORA", "target_modules": ["qkv", "q_proj"], "r": 16, "lora_alpha": 8,
             "use_rslora": true, "rank_pattern": {"qkv": 4}}
            """
        let forms = try ResolvedAdapter(configuration(text), base.tree).forms
        #expect(forms["visual.blocks.0.attn.qkv"]?.scale == 4)
        #expect(forms["model.layers.0.self_attn.q_proj"]?.scale == 2)
    }

    @Test("Excluded modules win over targets, and layers_pattern takes the tower out")
    func excluded() throws {
        func places(_ more: String) throws -> [String] {
            try base.places(
                configuration(
                    #"{"peft_type": "LORA", "target_modules": ["gate_proj"], \#(more)}"#))
        }
        #expect(try places(#""exclude_modules": ".*visual.*""#).count == 12)
        #expect(
            try places(#""layers_to_transform": [0]"#) == [
                "visual.blocks.0.mlp.gate_proj", "model.layers.0.mlp.gate_proj",
            ])
        #expect(
            try places(#""layers_to_transform": [0], "layers_pattern": "layers""#) == [
                "model.layers.0.mlp.gate_proj"
            ])
        #expect {
            try places(#""exclude_modules": ["gate_proj"]"#)
        } throws: {
            "\($0)".contains("exclude_modules")
        }
    }

    @Test("A target that has no matrix is refused by its name")
    func notAdaptable() throws {
        for (name, found) in [
            ("0", "model.language_model.layers.0"), ("mlp", "model.language_model.layers.0.mlp"),
            ("norm", "model.language_model.norm"), ("act_fn", "mlp.act_fn"),
        ] {
            #expect("\(name)") {
                try base.places(.names([name]))
            } throws: {
                "\($0)".contains("target_modules means \(found)")
                    || "\($0)".contains(found) && "\($0)".contains("neither a linear layer")
            }
        }
    }

    @Test("A key of a pattern, or a name to save, that fits nothing is a warning")
    func unused() throws {
        let text = """
            {"peft_type": "LORA", "target_modules": ["q_proj"], "rank_pattern": {"qkv": 4},
             "alpha_pattern": {"nothing": 2}, "modules_to_save": ["classifier"]}
            """
        let warnings = try ResolvedAdapter(configuration(text), base.tree).warnings
        #expect(warnings.count == 3)
        for word in ["rank_pattern qkv", "alpha_pattern nothing", "modules_to_save classifier"] {
            #expect(warnings.contains { $0.contains(word) })
        }
    }

    @Test("One branch of both embedding and head is refused")
    func tiedBranch() throws {
        let text = """
            {"peft_type": "LORA", "target_modules": ["embed_tokens", "q_proj"],
             "ensure_weight_tying": true}
            """
        #expect {
            try ResolvedAdapter(configuration(text), base.tree)
        } throws: {
            "\($0)".contains("ensure_weight_tying")
        }
        let untied = MiniatureBase(isTied: false)
        #expect(try ResolvedAdapter(configuration(text), untied.tree).modules.count == 3)
    }

    @Test("A summary counts modules by kind, with their ranks")
    func summary() throws {
        let text = """
            {"peft_type": "LORA", "target_modules": ["q_proj", "mlp.0", "qkv"], "r": 4,
             "rank_pattern": {"blocks.3.attn.qkv": 2}}
            """
        let resolved = try ResolvedAdapter(configuration(text), base.tree)
        let summary = AdapterSummary(resolved, numberCount: 7)
        #expect(
            summary.kinds == [
                .init(name: "visual.blocks.*.attn.qkv", count: 12, ranks: [2, 4]),
                .init(name: "visual.merger.mlp.0", count: 1, ranks: [4]),
                .init(name: "model.layers.*.self_attn.q_proj", count: 12, ranks: [4]),
            ])
        #expect(summary.numberCount == 7)
    }
}
