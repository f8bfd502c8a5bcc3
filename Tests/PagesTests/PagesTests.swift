import Foundation
import TestSupport
import Testing

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
        for folder in ["Benchmarks", "Configs", "Documentation", "Experiments", "Resources"] {
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
