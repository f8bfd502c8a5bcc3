import Evaluation
import FilesTestSupport
import Foundation
import Rewards
import Testing

/// One name for one thing, in all that people read.
@Suite struct GlossaryTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    }

    /// The files below a folder whose names end so.
    private func files(_ folder: String, _ ending: String) throws -> [String] {
        let url = Self.root.appendingPathComponent(folder)
        let all = try #require(FileManager.default.enumerator(atPath: url.path))
        return all.compactMap { $0 as? String }.filter { $0.hasSuffix(ending) }
            .map { "\(folder)/\($0)" }.sorted()
    }

    private var pages: [String] {
        get throws { try ["README.md", "Resources/README.md"] + files("Documentation", ".md") }
    }

    @Test("The glossary in the documentation is the one that the code writes")
    func committed() throws {
        #expect(
            try text("Documentation/glossary.md") == Glossary.markdown,
            "Documentation/glossary.md is out of date: run `make reference` and commit it")
    }

    @Test("A name and a key stand for one thing only")
    func unique() {
        let names = Glossary.entries.map { $0.name.lowercased() }
        #expect(Set(names).count == names.count)
        let keys = Glossary.entries.flatMap(\.keys)
        #expect(Set(keys).count == keys.count)
        let retired = Set(Glossary.entries.flatMap(\.retired).map { $0.lowercased() })
        #expect(retired.isDisjoint(with: names))
    }

    @Test("Every metric and every reward term of the library has a name that people read")
    func complete() {
        for metric in Metric.allCases {
            #expect(Glossary.entries.contains { $0.keys.contains(metric.rawValue) }, "\(metric)")
        }
        for term in RewardRegistry.standard.kinds.map({ $0.name }) {
            #expect(Glossary.name(term) != term, "\(term)")
        }
        #expect(Glossary.name("my_own_term") == "my_own_term")
    }

    @Test("Words that commands show beside an answer or a checkpoint have an entry")
    func shown() {
        for word in [
            "advantage", "checkpoint", "best", "pass", "abstention", "rollout", "epoch",
        ] { #expect(Glossary.entries(for: word).first?.name == word, "\(word)") }
    }

    @Test("A metric is called by its key or by what people read, whatever the case")
    func called() throws {
        for metric in Metric.allCases {
            #expect(Metric(called: metric.rawValue) == metric)
            #expect(Metric(called: metric.title.uppercased()) == metric)
        }
        #expect(Metric(called: "format validity") == nil)
    }

    @Test("Headings begin with a capital letter, unless the name's own letters decide")
    func headings() {
        #expect(Glossary.heading("format_validity") == "Valid format")
        #expect(Glossary.heading("giou") == "gIoU" && Glossary.heading("kl") == "KL")
        #expect(Glossary.heading("my_term") == "my_term")
        for name in Glossary.entries.map(\.name) {
            #expect(Glossary.withinSentence(Glossary.heading(of: name)) == name)
        }
    }

    @Test("No text that people read has a word that the glossary retires")
    func retired() throws {
        let words = Glossary.entries.flatMap(\.retired).map { $0.lowercased() }
        #expect(words.contains("format validity"))
        for file in try pages + files("Configs", ".yaml") {
            if file.hasSuffix("glossary.md") { continue }
            let text = try text(file).lowercased()
            for word in words { #expect(!text.contains(word), "\(file): \(word)") }
        }
        let literal = #/"(?:[^"\\]|\\.)*"/#
        for file in try files("Sources", ".swift") where !file.contains("Glossary") {
            for line in try text(file).split(separator: "\n") where !line.contains("///") {
                let said = line.matches(of: literal).map { $0.output.lowercased() }.joined()
                for word in words { #expect(!said.contains(word), "\(file): \(word)") }
            }
        }
    }

    @Test("Lines of the log that pages show have the glossary's names")
    func logLines() throws {
        let names = Set(Glossary.entries.map(\.name)).union(["step", "ETA", "loss"])
        var count = 0
        for file in try pages {
            for line in try text(file).split(separator: "\n") {
                let line = line.trimmingCharacters(in: .whitespaces)
                guard line.prefixMatch(of: #/step \d+\/\d+  /#) != nil else { continue }
                count += 1
                for field in line.components(separatedBy: "  ") where !field.hasSuffix("s/step") {
                    let name = field.prefix { !$0.isNumber }.trimmingCharacters(in: .whitespaces)
                    #expect(names.contains(name), "\(file): \(field)")
                }
            }
        }
        #expect(count > 0)
    }
}
