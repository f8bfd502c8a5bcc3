import Ablation
import Foundation
import Synchronization
import TestSupport
import Testing

/// Processes that are shells instead of runs.
@Suite struct AblationProcessTests {
    /// Runs of a plan of three values and one seed, in a folder.
    private func runs(_ folder: String) throws -> [AblationRun] {
        try "policy: {path: p}\nsegmenter: {path: s}\ndata: {train: [t.h5], validation: [v.h5]}\n"
            .write(toFile: folder + "/base.yaml", atomically: true, encoding: .utf8)
        try """
        base: \(folder)/base.yaml
        output_dir: \(folder)/out
        seeds: [1]
        axes: {grpo.beta: [0, 0.1, 0.2]}
        """.write(toFile: folder + "/plan.yaml", atomically: true, encoding: .utf8)
        return try AblationGrid(
            AblationPlan.load(folder + "/plan.yaml"), requiresInputs: false
        ).runs
    }

    private func processes(_ script: String, jobs: Int) -> AblationProcesses {
        // The number of the run is the shell's second argument.
        AblationProcesses(program: "/bin/sh", arguments: ["-c", script, "sh"], jobs: jobs)
    }

    /// A script that ends when there is a file, or after some minutes.
    private func waiting(for path: String) -> String {
        #"n=0; until [ -e "\#(path)" ] || [ $n = 6000 ]; do sleep 0.02; n=$((n+1)); done"#
    }

    @Test("A run that fails touches no other, and its last words are told")
    func failure() throws {
        try withTemporaryFolder { folder in
            let runs = try runs(folder)
            var finished: [Int] = []
            let failures = try processes(
                "echo step $2/9; [ $2 != 2 ] || { echo error: no luck >&2; exit 65; }", jobs: 2
            )(runs, done: 0) { event in
                if case .finished(let run) = event { finished.append(run.number) }
            }
            #expect(finished.sorted() == [1, 3])
            #expect(failures.count == 1)
            #expect(failures.first?.status == 65)
            #expect(failures.first?.message == "error: no luck")
            #expect(failures.first?.run == runs[1].title)
            let log = try String(contentsOfFile: runs[1].log, encoding: .utf8)
            #expect(log == "step 2/9\nerror: no luck\n")
        }
    }

    @Test("A run that a signal ends has failed, with the status that shells give it")
    func killed() throws {
        try withTemporaryFolder { folder in
            let failures = try processes("kill -9 $$", jobs: 1)(
                Array(try runs(folder).prefix(1)), done: 2
            ) { _ in }
            #expect(failures.map(\.status) == [137])
        }
    }

    @Test("No more runs are at work than jobs, and never fewer while some wait")
    func jobs() throws {
        try withTemporaryFolder { folder in
            var most = 0
            _ = try processes(waiting(for: folder + "/two"), jobs: 2)(
                try runs(folder), done: 0
            ) { event in
                guard case .progress(let progress) = event else { return }
                most = max(most, progress.active.count)
                if most == 2 { try Data().write(to: URL(fileURLWithPath: folder + "/two")) }
            }
            #expect(most == 2)
        }
    }

    @Test("Asked to stop, runs are told to end, and those that wait do not begin")
    func stop() throws {
        try withTemporaryFolder { folder in
            let runs = try runs(folder)
            var started: [Int] = []
            let failures = try processes(
                "trap 'echo saved; exit 143' TERM; echo step 1/9; while :; do sleep 0.05; done",
                jobs: 2
            )(
                runs, done: 0,
                shouldStop: {
                    runs.prefix(2).allSatisfy {
                        let log = try? String(contentsOfFile: $0.log, encoding: .utf8)
                        return log?.contains("step") == true
                    }
                }
            ) { event in
                if case .started(let run) = event { started.append(run.number) }
            }
            #expect(started == [1, 2] && failures.isEmpty)
            for run in runs.prefix(2) {
                #expect(try String(contentsOfFile: run.log, encoding: .utf8).hasSuffix("saved\n"))
            }
        }
    }

    @Test("What is left is told from how far the logs say that the runs are")
    func progress() throws {
        try withTemporaryFolder { folder in
            let runs = try runs(folder)
            var last: AblationProcesses.Progress?
            _ = try processes(
                "echo 'step 5/10  reward 2'; " + waiting(for: folder + "/seen-$2"), jobs: 1
            )(runs, done: 4) { event in
                guard case .progress(let progress) = event else { return }
                for (run, line) in progress.active {
                    last = progress
                    if line.isEmpty { continue }
                    let seen = URL(fileURLWithPath: "\(folder)/seen-\(run.number)")
                    try Data().write(to: seen)
                }
            }
            #expect(last?.total == 7 && last?.done == 6)
            #expect(last?.active.first?.line == "step 5/10  reward 2")
        }
    }
}
