import Foundation
import NN
import Testing
import Torch

/// Jobs on several threads, and models that share their parameters.
@Suite struct WorkerPoolTests {
    private struct Failure: Error, Equatable { let job: Int }

    @Test(
        "Job i is done by worker i mod count, and results come in the order of jobs",
        arguments: [1, 2, 3])
    func rule(count: Int) throws {
        let pool = WorkerPool(count: count)
        for jobs in [0, 1, 7] {
            let done = try pool.map(jobs) { job, worker in (job, worker, Thread.current) }
            #expect(done.map(\.0) == Array(0..<jobs))
            #expect(done.map(\.1) == (0..<jobs).map { $0 % count })
            // A worker is a thread; one alone is the caller's.
            let threads = Set(done.map { ObjectIdentifier($0.2) })
            #expect(threads.count == min(count, jobs))
            let own = ObjectIdentifier(Thread.current)
            #expect(threads.contains(own) == (count == 1 && jobs > 0))
        }
    }

    @Test("The error of the first job that failed is thrown, and the pool works on")
    func errors() throws {
        let pool = WorkerPool(count: 2)
        for _ in 0..<20 {
            let error = #expect(throws: Failure.self) {
                try pool.map(6) { job, _ in
                    // Jobs 0 and 1 run at once: both have begun before either fails.
                    if job < 2 { throw Failure(job: job) }
                }
            }
            #expect(error == Failure(job: 0) || error == Failure(job: 1))
            #expect(try pool.map(3) { job, _ in 2 * job } == [0, 2, 4])
        }
        let late = #expect(throws: Failure.self) {
            try WorkerPool(count: 2).map(6) { job, _ in
                if job == 4 { throw Failure(job: job) }
            }
        }
        #expect(late == Failure(job: 4))
    }

    @Test("Workers have one thread per operation and the caller's gradient mode")
    func settings() throws {
        let pool = WorkerPool(count: 2)
        for enabled in [true, false] {
            let modes = try withGradients(enabled: enabled) {
                try pool.map(4) { _, _ in (gradientsAreEnabled, TorchRuntime.threadCount) }
            }
            #expect(modes.allSatisfy { $0 == (enabled, 1) })
        }
    }

    @Test("A thread that sets its own count of threads leaves the others' alone")
    func threadCounts() throws {
        let counts = try WorkerPool(count: 2).map(2) { _, worker in
            try TorchRuntime.setThreadCount(worker + 2)
            _ = try Tensor.ones([64, 64]).matmul(Tensor.ones([64, 64]))
            Thread.sleep(forTimeInterval: 0.02)
            return TorchRuntime.threadCount
        }
        #expect(counts == [2, 3])
    }

    @Test("Parameters that are shared have one memory, gradients of their own, and the same needs")
    func sharing() throws {
        func model(_ builder: ParameterBuilder) throws -> [Parameter] {
            _ = try Linear(builder.root / "a", 3, 2)
            return builder.parameters
        }
        let first = try model(ParameterBuilder(source: RandomWeights(seed: 1)))
        try first[0].tensor.setRequiresGradient(true)
        let second = try model(ParameterBuilder(sharing: first))
        #expect(second.map(\.key) == first.map(\.key))
        #expect(second.map(\.tensor.requiresGradient) == [true, false])
        try withoutGradients { try first[0].tensor.fillInPlace(7) }
        #expect(try second[0].tensor.floats == [Float](repeating: 7, count: 6))

        let trained = (first: [first[0]], second: [second[0]])
        try (second[0].tensor * 3).sum().backward()
        #expect(first[0].tensor.gradient == nil)
        try trained.first.addGradients(of: trained.second)
        #expect(try first[0].tensor.gradient?.floats == [Float](repeating: 3, count: 6))
        // The sum does not share the summand's memory, and the next one is added to it.
        try trained.first.addGradients(of: trained.second)
        #expect(try first[0].tensor.gradient?.floats == [Float](repeating: 6, count: 6))
        #expect(try second[0].tensor.gradient?.floats == [Float](repeating: 3, count: 6))
    }
}
