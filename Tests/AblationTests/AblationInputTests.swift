import Ablation
import Configuration
import FilesTestSupport
import Foundation
import TestSupport
import Testing

/// What is looked at before an ablation trains anything.
@Suite struct AblationInputTests {
    /// What is wrong with a plan in a folder that has a page `p.png`, a run `r2` and a folder `d`; `FOLDER`
    /// stands for it.
    private func problems(_ plan: String) throws -> [String] {
        try withTemporaryFolder { folder in
            for name in ["r2", "d"] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            }
            for name in ["p.png", "r2/config.yaml", "r2/run.json", "base.yaml"] {
                try "seed: 1\n".write(
                    toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
            }
            let file = "\(folder)/plan.yaml"
            let text = "base: FOLDER/base.yaml\n" + plan
            try text.replacing("FOLDER", with: folder)
                .write(toFile: file, atomically: true, encoding: .utf8)
            do {
                let plan = try AblationPlan.load(file)
                _ = try AblationGrid(plan, requiresInputs: false)
                return []
            } catch let error as ConfigurationError {
                return error.problems.map { problem in
                    let place = problem.location.replacing(file, with: "")
                    return "\(place)|\(problem.key)|\(problem.message)"
                        .replacing(folder, with: "FOLDER")
                }
            }
        }
    }

    private let axes = "axes: {grpo.beta: [0, 0.1]}\n"

    @Test("Shards are opened, and what is none is told with its place in the plan")
    func shards() throws {
        let file = try problems(axes + "measure:\n  data: FOLDER/p.png\n")
        #expect(file.contains { $0.hasPrefix(":4:3|measure.data|") && $0.contains("not an HDF5") })
        let folder = try problems(axes + "measure:\n  data: [FOLDER/d]\n")
        #expect(
            folder.contains { $0.hasPrefix(":4:10|measure.data|entry 1: FOLDER/d is a folder") })
        let missing = try problems(axes + "measure:\n  data: FOLDER/q.png\n")
        #expect(
            missing.contains { $0.hasPrefix(":4:3|measure.data|FOLDER/q.png does not exist") })
    }

    @Test("A file or a run in the place of an ablation's folder is told with its place")
    func folders() throws {
        for (key, value) in [
            ("reuse", "p.png"), ("reuse", "r2"), ("output_dir", "p.png"), ("output_dir", "r2"),
            ("output_dir", "p.png/x"),
        ] {
            let found = try problems(axes + "\(key): FOLDER/\(value)\n")
            let what = value == "r2" ? "is the folder of a run" : "is a file"
            #expect(
                found.contains { $0.hasPrefix(":3:1|\(key)|") && $0.contains(what) }, "\(found)")
        }
        #expect(!(try problems(axes + "reuse: FOLDER/none\n").contains { $0.contains("|reuse|") }))
    }

    @Test("An axis whose name is no key is told once, at the name, also with one value")
    func axisNames() throws {
        let wrong = try problems("axes:\n  grpo.bta: [0, 0.1]\n").filter { $0.contains("bta") }
        #expect(wrong == [":3:3|grpo.bta|unknown key; did you mean grpo.beta?"])
        let single = try problems("axes:\n  learning-rate: [1e-4]\n")
        #expect(
            single.contains {
                $0.hasPrefix(":3:3|axes.learning-rate|needs at least two values, and is no key")
                    && $0.contains("training.learning_rate")
            })
    }

    @Test("A key that a plan does not have names the command that lists them")
    func listing() throws {
        let found = try problems(axes + "measure: {qqqqqq: 2}\n")
        #expect(found.contains { $0.contains("`think2seg config explain --of ablate`") })
    }
}
