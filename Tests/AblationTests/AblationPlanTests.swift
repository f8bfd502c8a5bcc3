import Ablation
import Configuration
import FilesTestSupport
import Foundation
import RLTrainer
import Rewards
import Settings
import TestSupport
import Testing

@Suite struct AblationPlanTests {
    private let base = """
        policy: {path: p}
        segmenter: {path: s}
        data: {train: [t.h5], validation: [v.h5]}
        grpo: {beta: 0.02}
        """

    /// The grid of a plan about `base`; without looking for the files that it names.
    private func grid(
        _ plan: String, base: String? = nil, cores: Int? = nil
    ) throws -> (AblationPlan, AblationGrid) {
        try withTemporaryFolder { folder in
            try (base ?? self.base).write(
                toFile: "\(folder)/base.yaml", atomically: true, encoding: .utf8)
            let file = "\(folder)/my plan.yaml"
            try "base: \(folder)/base.yaml\n\(plan)".write(
                toFile: file, atomically: true, encoding: .utf8)
            let plan = try AblationPlan.load(file, requiresInputs: false)
            return (plan, try AblationGrid(plan, cores: cores, requiresInputs: false))
        }
    }

    private func problems(_ plan: String) -> [String] {
        do {
            _ = try grid(plan)
            Issue.record("nothing was refused")
            return []
        } catch let error as ConfigurationError {
            return error.problems.map { problem in
                let place = problem.location.components(separatedBy: "my plan.yaml").last ?? ""
                return [place, problem.key, problem.message].joined(separator: "|")
            }
        } catch {
            return ["\(error)"]
        }
    }

    @Test("What no layer sets is as the policy was trained, in every run, and is told once")
    func record() throws {
        try withTemporaryFolder { folder in
            try #"{"version": 1, "command": "sft", "product": "1", "image_size": 224}"#.write(
                toFile: folder + "/think2seg.json", atomically: true, encoding: .utf8)
            let (_, grid) = try grid(
                "seeds: [1, 2]\naxes: {data.image_size: [448, 560], grpo.beta: [0, 1]}",
                base: base.replacing("path: p", with: "path: \(folder)"))
            #expect(Set(grid.runs.map(\.configuration.data.imageSize)) == [448, 560])
            #expect(grid.notes.isEmpty)
            let (_, other) = try self.grid(
                "seeds: [1, 2]\naxes: {grpo.beta: [0, 1]}",
                base: base.replacing("path: p", with: "path: \(folder)"))
            #expect(Set(other.runs.map(\.configuration.data.imageSize)) == [224])
            #expect(other.notes.count == 1 && other.notes[0].contains("image_size 224"))
        }
    }

    @Test("A grid has every level with every level, seed by seed")
    func product() throws {
        let (plan, grid) = try grid(
            """
            seeds: [1, 2]
            axes:
              grpo.beta: [0.02, 0]
              rewards:
                all terms:
                mask alone: {rewards: {mask_iou: 1}}
            """)
        #expect(plan.name == "my plan" && plan.outputDirectory == "runs/ablations/my-plan")
        #expect(
            grid.variants.map(\.slug) == [
                "beta=0.02,rewards=all-terms", "beta=0.02,rewards=mask-alone",
                "beta=0,rewards=all-terms", "beta=0,rewards=mask-alone",
            ])
        #expect(grid.variants[3].name == "beta 0, rewards mask alone")
        #expect(grid.variants.map(\.isBaseline) == [true, false, false, false])
        #expect(grid.runs.map(\.number) == Array(1...8))
        #expect(grid.runs.map(\.seed) == [1, 1, 1, 1, 2, 2, 2, 2])
        let last = grid.runs[7]
        #expect(last.configuration.grpo.loss.beta == 0 && last.configuration.seed == 2)
        #expect(last.configuration.rewards.entries.map(\.name) == ["mask_iou"])
        #expect(last.folder == "runs/ablations/my-plan/runs/beta=0,rewards=mask-alone/seed-2")
        #expect(
            last.evaluation
                == "runs/ablations/my-plan/evaluations/beta=0,rewards=mask-alone/seed-2")
    }

    @Test("What is wrong with a plan and with all its configurations is said in one go")
    func everything() {
        let told = problems(
            """
            seed: [1, 1]
            set: {training.max_step: 3, data.image_size: -5}
            baseline: {reward: nothing, grpo.beta: 0.02}
            axes:
              grpo.beta: [0, -1]
              reward:
                one: {rewards: {mask_io: 2}}
                two: {rewards: {mask_iou: 2, hit: {term: iou_threshold, threshold: 7}}}
              prompt.variant: box
            mesure: 3
            measure: {metrics: [gio], resamples: 3}
            """)
        for key in [
            "seed", "training.max_step", "data.image_size", "baseline.reward",
            "baseline.grpo.beta", "grpo.beta", "rewards.mask_io", "rewards.hit.threshold",
            "axes.prompt.variant", "mesure", "measure.metrics", "measure.resamples",
        ] {
            let count = told.count { $0.split(separator: "|")[1] == key }
            #expect(count == 1, "\(key): \(told)")
        }
        #expect(told.count == 12, "\(told)")
        // Lines of the plan, not of a configuration that nobody has written.
        #expect(told.allSatisfy { $0.hasPrefix(":") }, "\(told)")
    }

    @Test("One at a time changes one axis from the baseline, which need not be the first level")
    func oneAtATime() throws {
        let (_, grid) = try grid(
            """
            seeds: [1]
            design: one_at_a_time
            baseline: {grpo.beta: 0.02}
            axes:
              grpo.beta: [0, 0.02, 0.1]
              grpo.num_generations: [4, 8]
            """)
        #expect(
            grid.variants.map(\.name) == [
                "beta 0.02, num_generations 4", "beta 0, num_generations 4",
                "beta 0.1, num_generations 4", "beta 0.02, num_generations 8",
            ])
        #expect(grid.baseline == 0)
    }

    @Test("Keys that every run sets come before those of a variant, sections or dotted alike")
    func layers() throws {
        let (_, grid) = try grid(
            """
            set:
              training.max_steps: 7
              grpo: {num_generations: 6, temperature: 0.7}
            axes:
              group: {four: {grpo.num_generations: 4}, six: {}}
            """)
        #expect(grid.runs.count == 6)
        #expect(grid.runs[0].configuration.training.maxSteps == 7)
        #expect(grid.runs.map(\.configuration.grpo.numGenerations) == [4, 6, 4, 6, 4, 6])
        #expect(grid.runs[1].configuration.grpo.sampling.temperature == 0.7)
        #expect(grid.variants.map(\.name) == ["four", "six"])
    }

    @Test("Lists and tables are values of an axis too")
    func tablesAsValues() throws {
        let (_, grid) = try grid(
            """
            seeds: [3]
            axes:
              rewards: [{mask_iou: 2, think_answer_format: 1}, {mask_iou: 1}]
            """)
        #expect(
            grid.variants.map(\.name) == [
                "{mask_iou: 2, think_answer_format: 1}", "{mask_iou: 1}",
            ])
        #expect(grid.runs[1].configuration.rewards.entries.map(\.weight) == [1])
    }

    @Test("Threads that the configuration leaves open are chosen for each run's share of the cores")
    func threads() throws {
        func threads(_ given: Int) throws -> Set<[Int]> {
            let (_, grid) = try grid(
                "axes: {grpo.beta: [0, 0.1]}\n", base: base + "\nthreads: \(given)\n", cores: 3)
            return Set(
                grid.runs.map { [$0.configuration.threads, $0.configuration.workers] })
        }
        // The models are not there, so nothing of them is large.
        #expect(try threads(0) == [[1, 1]])
        #expect(try threads(2) == [[2, 0]])
    }

    @Test("What is wrong with a variant is told once, where it stands in the plan")
    func variantProblems() {
        #expect(
            problems(
                """
                axes:
                  grpo.beta: [0, -1]
                  which:
                    a: {grpo.num_generation: 4}
                    b: {training.max_steps: x}
                """) == [
                    ":5:9|grpo.num_generation|unknown key; did you mean grpo.num_generations?",
                    ":6:9|training.max_steps|expected an integer, or null, found \"x\"",
                    ":3:18|grpo.beta|is -1, must be at least 0",
                ])
    }

    @Test("An axis has at least two levels, all different, and a baseline that is one of them")
    func axisProblems() {
        #expect(
            problems("axes: {grpo.beta: [0]}\n") == [
                ":2:8|axes.grpo.beta|needs at least two values"
            ])
        #expect(
            problems("axes: {grpo.beta: [0, 0]}\n") == [
                ":2:8|axes.grpo.beta|has a value twice; keep one"
            ])
        #expect(
            problems("axes: {grpo.beta: 3}\n") == [
                ":2:8|axes.grpo.beta|is a list of values of a key, or a table of named variants"
            ])
        #expect(
            problems("axes: {what: {a: 3, b: {}}}\n") == [
                ":2:15|axes.what|the variant a is a table of keys; {} changes nothing"
            ])
        #expect(
            problems("axes: {grpo.beta: [0, 0.1]}\nbaseline: {grpo.beta: 3, x: 1}\n") == [
                ":3:26|baseline.x|is no axis; the axes are grpo.beta",
                ":3:23|baseline.grpo.beta|is 3, must be one of 0, 0.1",
            ])
        #expect(problems("seeds: [1]\n") == ["|axes|needs at least one axis"])
        #expect(
            problems("axes: {grpo.beta: [0, 0.1]}\nseeds: [1, 1]\n") == [
                ":3:1|seeds|names a seed twice; keep one"
            ])
    }

    @Test("Seeds and folders are the plan's, not the variants'")
    func ownKeys() {
        #expect(
            problems("axes: {seed: [1, 2]}\n") == [
                ":2:15|seed|is not set here: each run gets its own from seeds",
                ":2:18|seed|is not set here: each run gets its own from seeds",
            ])
        #expect(
            problems("set: {output_dir: x}\naxes: {grpo.beta: [0, 0.1]}\n") == [
                ":2:7|output_dir|is not set here: each run gets its own from output_dir of the plan"
            ])
    }

    @Test("Two names for one configuration are refused")
    func twins() {
        #expect(
            problems("axes: {grpo.beta: [0.02, 0.020]}\n") == [
                "|axes|'beta 0.02' and 'beta 0.020' are the same configuration"
            ])
    }

    @Test("The best checkpoint and default shards need held-out data in the configuration")
    func measureProblems() throws {
        let bare = base.replacingOccurrences(of: ", validation: [v.h5]", with: "")
        let text = message {
            _ = try grid(
                "axes: {grpo.beta: [0, 0.1]}\nmeasure: {checkpoint: best}\n", base: bare)
        }
        #expect(text.contains("measure.data: names no shard, and data.validation"))
        #expect(text.contains("measure.checkpoint: is best, which needs evaluations"))
    }

    @Test("Names become folders that every file system takes")
    func slugs() throws {
        let (_, grid) = try grid(
            """
            axes:
              what: {"a/b: ü*": {}, "../..": {grpo.beta: 0}, "a/b: ö*": {grpo.beta: 1}}
            """)
        #expect(grid.variants.map(\.slug) == ["what=a-b", "what=..-..", "what=a-b-2"])
    }

    @Test("A plan called plan.yaml is named after its folder")
    func folderName() throws {
        try withTemporaryFolder { folder in
            try FileManager.default.createDirectory(
                atPath: folder + "/group-size", withIntermediateDirectories: true)
            let file = folder + "/group-size/plan.yaml"
            try "base: b\naxes: {grpo.beta: [0, 1]}\n".write(
                toFile: file, atomically: true, encoding: .utf8)
            #expect(try AblationPlan.load(file).name == "group-size")
        }
    }
}
