import FilesTestSupport
import Foundation
import Terminals
import Testing
import Torch
import think2seg

@testable import Configuration
@testable import SegmenterTraining
@testable import Settings
@testable import SupervisedTraining
@testable import TrainingRuns

/// What follows from the tables of keys: reference and schema.
@Suite struct ConfigurationReferenceTests {
    private static let commands: [any KeyedConfiguration.Type] = [
        RunConfiguration.self, SFTConfiguration.self, SegmenterConfiguration.self,
    ]

    private func schema(_ type: any KeyedConfiguration.Type) throws -> [String: Any] {
        try object(type.schema())
    }

    /// The schema's node of a key.
    private func node(_ schema: [String: Any], _ key: String) throws -> [String: Any] {
        try key.split(separator: ".").reduce(schema) { node, part in
            let properties = try #require(node["properties"] as? [String: Any], "\(key)")
            return try #require(properties[String(part)] as? [String: Any], "\(key)")
        }
    }

    @Test("The reference in the documentation is the one that the code writes")
    func committed() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Documentation/configuration.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(
            text == ConfigurationReference.markdown,
            "Documentation/configuration.md is out of date: run `make reference` and commit it")
    }

    @Test("The reference has every key of every command once, and says which may change on resume")
    func complete() {
        let rows = ConfigurationReference.markdown.split(separator: "\n").filter {
            $0.hasPrefix("| `")
        }
        let chapters = ConfigurationReference.markdown.components(separatedBy: "\n## ")
        func check<Root: KeyedConfiguration>(_ type: Root.Type) {
            let chapter = chapters.first { $0.hasPrefix("\(Root.command)\n") } ?? ""
            for key in Root.keys {
                let found = chapter.split(separator: "\n").filter {
                    $0.hasPrefix("| `\(key.name)` |")
                }
                #expect(found.count == 1, "\(Root.command): \(key.name)")
                guard Root.self == RunConfiguration.self, let row = found.first else { continue }
                #expect(
                    row.hasSuffix(RunStart.mayChange(key.name) ? "| yes |" : "| no |"), "\(row)")
            }
        }
        for type in Self.commands { check(type) }
        let count = Self.commands.reduce(0) { $0 + $1.keyNames.count }
        // The table of commands begins with code, too.
        #expect(rows.filter { !$0.contains(" FILE") }.count == count)
    }

    @Test("The schema has every key with meaning and default, and takes no others")
    func everyKey() throws {
        for type in Self.commands {
            let schema = try schema(type)
            let names = try keyNames(schema, below: "")
            #expect(names.sorted() == type.keyNames.sorted())
            for name in names {
                let node = try node(schema, name)
                #expect((node["description"] as? String)?.isEmpty == false, "\(name)")
                #expect(node["default"] != nil, "\(name)")
            }
        }
    }

    /// The dotted names of all keys; every section must take no others.
    private func keyNames(_ node: [String: Any], below prefix: String) throws -> [String] {
        #expect(node["additionalProperties"] as? Bool == false, "\(prefix)")
        let properties = try #require(node["properties"] as? [String: [String: Any]])
        return try properties.flatMap { name, node in
            // A key whose value is a table has a default, a section has none.
            node["default"] == nil && node["properties"] != nil
                ? try keyNames(node, below: "\(prefix)\(name).") : [prefix + name]
        }
    }

    @Test("Bounds and names of the schema are those that values are checked by")
    func bounds() throws {
        let schema = try schema(RunConfiguration.self)
        #expect(try node(schema, "grpo.num_generations")["minimum"] as? Int == 2)
        #expect(try node(schema, "grpo.num_generations")["maximum"] as? Int == 1024)
        let delta = try node(schema, "grpo.delta")
        #expect(delta["exclusiveMinimum"] as? Int == 1 && delta["minimum"] == nil)
        #expect(delta["type"] as? [String] == ["number", "null"])
        #expect(delta["default"] is NSNull)
        #expect(try node(schema, "policy.dtype")["enum"] as? [String] == ["float32", "bfloat16"])
        let variants = try node(schema, "prompt.variant")["enum"] as? [String]
        #expect(variants?.contains("box_2points") == true)
        let rewards = try node(schema, "rewards")
        #expect(rewards["minProperties"] as? Int == 1)
        let terms = try #require(rewards["properties"] as? [String: [String: Any]])
        #expect(terms["mask_iou"] != nil)
        let soft = try #require(terms["iou_threshold"]?["anyOf"] as? [[String: Any]])
        let fields = try #require(soft.last?["properties"] as? [String: [String: Any]])
        #expect(fields["threshold"]?["maximum"] as? Double == 1)
        #expect(fields["threshold"]?["default"] as? Double == 0.5)
        #expect(soft.last?["additionalProperties"] as? Bool == false)
        // An entry may have a name of its own.
        #expect((rewards["additionalProperties"] as? [String: Any])?["anyOf"] != nil)
        let forms = try #require(try node(schema, "data.train")["anyOf"] as? [[String: Any]])
        #expect(forms.compactMap { ($0["type"] as? [String])?.first } == ["string", "array"])
        let pattern = try #require(try node(schema, "device")["pattern"] as? String)
        for name in ["cpu", "cuda", "cuda:0", "cuda:12", "tpu", "cuda:", "cuda:x", "xcpu", "cpu "] {
            let fits = name.range(of: pattern, options: .regularExpression) != nil
            #expect(fits == (Device(name) != nil), "\(name)")
        }
    }

    @Test("Every key's default is one that the key takes")
    func defaults() {
        func check<Root: KeyedConfiguration>(_ type: Root.Type) {
            for key in Root.keys {
                var (root, reader) = (Root(), ConfigurationReader(keys: Root.keys))
                let value = key.write(Root())
                // An empty path or list is what `check` asks for.
                reader.override("\(key.name)=\(value)", into: &root)
                #expect(reader.problems.isEmpty, "\(Root.command): \(key.name)=\(value)")
            }
        }
        for type in Self.commands { check(type) }
    }

    @Test("A key says in words what it takes")
    func words() throws {
        let keys = Dictionary(uniqueKeysWithValues: RunConfiguration.keys.map { ($0.name, $0) })
        #expect(keys["grpo.top_p"]?.values == "a number, from 0.01 to 1")
        #expect(keys["training.max_steps"]?.values == "an integer, at least 1, or null")
        #expect(keys["device"]?.values == "cpu, cuda or cuda:N")
        #expect(keys["policy.dtype"]?.values == "one of float32, bfloat16")
        #expect(keys["data.train"]?.values == "a list, each entry a path")
        let jitter = SegmenterConfiguration.keys.first { $0.name == "prompts.box_jitter" }
        #expect(jitter?.values == "a list, each entry a number from 0 to 1")
    }
}

extension KeyedConfiguration {
    fileprivate static var keyNames: [String] { keys.map(\.name) }
}
