import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import think2seg

/// Where pages are, and the program that they are about.
enum Pages {
    static let checkout = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    private static let environment = ProcessInfo.processInfo.environment

    /// Also what takes minutes: scripts/check-pages --all.
    static let all = environment["THINK2SEG_ALL_PAGES"] != nil

    /// The program that the build made, or another one: scripts/check-pages --with PROGRAM.
    static let program =
        environment["THINK2SEG_PAGES_PROGRAM"]
        ?? URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("think2seg").path

    /// The pages for people who use the project, as paths in the checkout.
    static let paths: [String] = {
        if let asked = environment["THINK2SEG_PAGES"] {
            return asked.split(separator: "\n").map(String.init)
        }
        var paths = ["README.md", "CONTRIBUTING.md"]
        for folder in [
            "Benchmarks", "Configs", "Documentation", "Experiments", "Resources", "Tests",
        ] {
            let below = FileManager.default.enumerator(atPath: checkout + "/" + folder)
            while let path = below?.nextObject() as? String {
                if path.hasSuffix(".md"), path != "LOG.md" { paths.append(folder + "/" + path) }
            }
        }
        return paths.sorted()
    }()

    static func page(_ path: String) throws -> Page {
        Page(path: path, text: try String(contentsOfFile: checkout + "/" + path, encoding: .utf8))
    }

    /// The lines that begin with the program, and those that they go on in.
    static func commands(in lines: [Substring]) -> String {
        var commands = ""
        var goesOn = false
        for line in lines where goesOn || line.hasPrefix("think2seg ") {
            commands += line + "\n"
            goesOn = line.hasSuffix("\\")
        }
        return commands
    }

    static func faults(_ page: Page) throws -> [Page.Fault] {
        try withTemporaryFolder { folder in
            var walk = try PageWalk(
                page, folder: folder, checkout: checkout, program: program, all: all)
            try walk.run()
            return walk.faults
        }
    }
}

@Suite struct PagesTests {
    @Test("Every block of a page does what the page says", arguments: Pages.paths)
    func page(path: String) throws {
        for fault in try Pages.faults(try Pages.page(path)) { Issue.record("\(fault)") }
    }

    @Test("Commands in the comments of configurations and plans are commands")
    func comments() throws {
        for folder in ["Configs", "Experiments"] {
            let below = FileManager.default.enumerator(atPath: Pages.checkout + "/" + folder)
            while let path = below?.nextObject() as? String {
                guard path.hasSuffix(".yaml") else { continue }
                let text = try String(
                    contentsOfFile: "\(Pages.checkout)/\(folder)/\(path)", encoding: .utf8)
                let comments = text.split(separator: "\n").filter { $0.hasPrefix("#") }
                    .map { $0.drop { $0 == "#" || $0 == " " } }
                let page = Page(path: "\(folder)/\(path)", skipping: Pages.commands(in: comments))
                for fault in try Pages.faults(page) { Issue.record("\(fault)") }
            }
        }
    }

    @Test("Every command has an example in its help, which is a command")
    func help() throws {
        func all(_ type: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
            let below = type.configuration.subcommands
            return below.isEmpty ? [type] : below.flatMap(all)
        }
        for type in all(Think2SegCommand.self) {
            let lines = type.configuration.discussion.split(separator: "\n")
                .map { $0.drop { $0 == " " } }
            let commands = Pages.commands(in: lines)
            let name = type.configuration.commandName ?? "\(type)"
            #expect(!commands.isEmpty, "\(name) has no example")
            let page = Page(path: "think2seg \(name) --help", skipping: commands)
            for fault in try Pages.faults(page) { Issue.record("\(fault)") }
        }
    }

    @Test("Configurations to start from have no problem")
    func configurations() throws {
        try withTemporaryFolder { folder in
            let shell = try Shell(
                folder: folder, checkout: Pages.checkout, program: Pages.program)
            let result = try shell.run(
                """
                check_all() { local of=$1 file; shift; for file; do
                    think2seg config check --of "$of" "$file" || echo "FAILED $file"; done; }
                check_all train Configs/train.yaml Configs/presets/*.yaml Configs/embedded/grpo.yaml
                check_all sft Configs/sft.yaml Configs/embedded/policy-*.yaml
                check_all pretrain-segmenter Configs/embedded/segmenter.yaml
                """)
            #expect(result.status == 0)
            #expect(!result.output.contains("FAILED"), "\(result.output)\(result.errors)")
        }
    }
}
