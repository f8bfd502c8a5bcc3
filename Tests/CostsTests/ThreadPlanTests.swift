import FilesTestSupport
import Foundation
import PromptedMasks
import Runs
import SAM2
import Testing
import Torch

@testable import Benchmarking
@testable import NewModels
@testable import Threads

@Suite struct ThreadPlanTests {
    private static let small = Workload.Product(rows: 256, inputs: 128, outputs: 320)
    private static let medium = Workload.Product(rows: 256, inputs: 256, outputs: 704)
    private static let large = Workload.Product(rows: 256, inputs: 2048, outputs: 11008)

    private func work(
        _ policy: Workload.Product?, segmenter: Workload.Product? = nil, pieces: Int = 1
    ) -> Workload {
        var work = Workload(device: .cpu)
        (work.policy, work.segmenter, work.pieces) = (policy, segmenter, pieces)
        return work
    }

    private func plan(
        _ work: Workload, threads: Int = 0, workers: Int = 0,
        recorded: ThreadPlan.Recorded = .init(), cores: Int
    ) -> [Int] {
        let plan = ThreadPlan(
            work, threads: threads, workers: workers, recorded: recorded, cores: cores)
        return [plan.threads, plan.workers]
    }

    @Test("Small products get one thread, and a step's prompts are shared among the cores")
    func small() {
        for (pieces, cores, expected) in [
            (1, 2, [1, 1]), (2, 2, [1, 2]), (8, 2, [1, 2]), (8, 16, [1, 8]), (32, 16, [1, 8]),
            (3, 2, [1, 1]), (6, 4, [1, 3]), (8, 1, [1, 1]),
        ] {
            #expect(
                plan(work(Self.small, pieces: pieces), cores: cores) == expected,
                "\(pieces) prompts, \(cores) cores")
        }
    }

    @Test("Large products get a thread per core, one prompt after the other")
    func large() {
        #expect(plan(work(Self.large, pieces: 8), cores: 16) == [16, 1])
        #expect(plan(work(nil, segmenter: Self.large), cores: 4) == [4, 1])
        #expect(plan(work(Self.small, segmenter: Self.large), cores: 4) == [4, 1])
    }

    @Test("Medium products share prompts where that keeps half of the cores busy, else the product")
    func medium() {
        #expect(plan(work(Self.medium, pieces: 8), cores: 8) == [1, 8])
        #expect(plan(work(Self.medium, pieces: 8), cores: 16) == [1, 8])
        #expect(plan(work(Self.medium, pieces: 2), cores: 16) == [16, 1])
        #expect(plan(work(Self.medium), cores: 2) == [2, 1])
    }

    @Test("Beside a large segmenter there are four workers at most, for their memory")
    func memory() {
        #expect(plan(work(Self.small, segmenter: Self.large, pieces: 8), cores: 8) == [1, 4])
    }

    @Test("What is configured is obeyed, whatever the sizes")
    func configured() {
        for product in [Self.small, Self.large] {
            #expect(plan(work(product, pieces: 4), threads: 3, cores: 8) == [3, 1])
            #expect(plan(work(product, pieces: 4), threads: 3, workers: 2, cores: 8) == [3, 2])
            #expect(plan(work(product, pieces: 4), workers: 1, cores: 1) == [1, 1])
        }
        #expect(plan(work(Self.small, pieces: 4), workers: 3, cores: 8) == [1, 3])
        #expect(plan(work(Self.large, pieces: 4), workers: 3, cores: 8) == [8, 3])
    }

    @Test("A run that goes on has what it began with, on a machine with other cores too")
    func recorded() {
        let work = work(Self.small, pieces: 8)
        let before = ThreadPlan.Recorded(threads: 1, workers: 2)
        #expect(plan(work, recorded: before, cores: 16) == [1, 2])
        #expect(plan(work, threads: 4, recorded: before, cores: 16) == [4, 1])
        #expect(plan(work, recorded: .init(threads: 2, workers: nil), cores: 16) == [2, 1])
    }

    @Test("The reason names the sizes that decided")
    func words() {
        func words(_ work: Workload, threads: Int = 0) -> String {
            ThreadPlan(work, threads: threads, workers: 0, recorded: .init(), cores: 2).words
        }
        #expect(
            words(work(Self.small))
                == "1 thread (products of 128 x 320 are too small to be divided)")
        #expect(words(work(Self.large)).contains("2048 x 11008 are large enough"))
        #expect(words(work(Self.small, pieces: 2)).hasPrefix("2 workers of one thread each ("))
        #expect(words(work(Self.small), threads: 5) == "5 threads")
    }

    @Test("SAM2.1's released sizes are large, the carried one is small")
    func segmenters() {
        let carried = Workload.product(EmbeddedModels.segmenterConfiguration)
        #expect(carried.work < ThreadPlan.smallProduct)
        #expect(Workload.product(SAM2Configuration()).work > ThreadPlan.sharedProduct)
    }
}

@Suite struct StepPaceTests {
    @Test(
        "What is usual is the median of the recent steps, not what a pause or the first step took")
    func median() {
        var pace = StepPace(share: CoreShare(waiting: 0))
        #expect(pace.usual == nil)
        for seconds in [30, 1, 2, 1, 900.0] {
            _ = pace.add(seconds: seconds, share: CoreShare(waiting: 0))
        }
        #expect(pace.usual == 2)
        for _ in 0..<StepPace.window {
            _ = pace.add(seconds: 5, share: CoreShare(waiting: 0))
        }
        #expect(pace.usual == 5)
    }

    @Test("A step of many times the usual is told once, and only if threads waited for cores")
    func crowding() {
        func told(_ steps: [(seconds: Double, waiting: Double?)]) -> [Int] {
            var pace = StepPace(share: CoreShare(waiting: steps.first?.waiting.map { _ in 0 }))
            return steps.enumerated().compactMap { number, step in
                pace.add(seconds: step.seconds, share: CoreShare(waiting: step.waiting)) == nil
                    ? nil : number
            }
        }
        let usual: [(Double, Double?)] = [(1, 0), (1, 0), (1, 0)]
        #expect(told(usual + [(9, 8), (9, 16)]) == [3])
        #expect(told(usual + [(9, 0.1)]).isEmpty)
        #expect(told(usual + [(3, 2.5)]).isEmpty)
        #expect(told([(1, 0), (9, 8)]).isEmpty)
        #expect(told([(1, nil), (1, nil), (1, nil), (9, nil)]).isEmpty)
    }

    @Test("The line says what a step took, what is usual, and for how long threads waited")
    func line() throws {
        var pace = StepPace(share: CoreShare(waiting: 0))
        for _ in 0..<3 { _ = pace.add(seconds: 0.5, share: CoreShare(waiting: 0)) }
        let told = pace.add(seconds: 40, share: CoreShare(waiting: 30))
        let line = try #require(told)
        for part in ["took 40 s", "usual are 0.5 s", "waited 30 s"] {
            #expect(line.contains(part), "\(line)")
        }
    }
}
