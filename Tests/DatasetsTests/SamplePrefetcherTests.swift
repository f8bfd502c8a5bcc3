import DatasetsTestSupport
import Foundation
import Imaging
import Synchronization
import Testing

@testable import Datasets

private struct Refusal: Error, Equatable {
    var index: Int
}

@Suite struct SamplePrefetcherTests {
    private func dataset(_ count: Int) throws -> InMemoryDataset {
        InMemoryDataset(try (0..<count).map { try makeSample($0) })
    }

    private func requests(_ indices: [Int]) -> [SampleRequest] {
        indices.enumerated().map { SampleRequest(epoch: 0, position: $0, index: $1) }
    }

    @Test("samples come in the order that was asked for, and then nil", arguments: [1, 2, 7])
    func order(workers: Int) throws {
        let indices = [3, 0, 0, 5, 1, 4, 2]
        for lookahead in [1, 3, 50] {
            let prefetcher = SamplePrefetcher(
                source: try dataset(6), order: requests(indices).makeIterator(),
                lookahead: lookahead, workers: workers
            ) { $0.id }
            for (position, index) in indices.enumerated() {
                let next = try #require(try prefetcher.next())
                #expect(next.request.index == index && next.request.position == position)
                #expect(next.output == "sample-\(index)")
            }
            #expect(try prefetcher.next() == nil)
            #expect(try prefetcher.next() == nil)
        }
    }

    @Test("an endless order is the sampler's own")
    func endless() throws {
        let sampler = EpochSampler(count: 4, seed: 9)
        let prefetcher = SamplePrefetcher(source: try dataset(4), order: sampler) { $0.id }
        for expected in sampler.prefix(11) {
            #expect(try prefetcher.next()?.request == expected)
        }
    }

    @Test("a sample that takes longest comes at its place, and others are made ready meanwhile")
    func slowest() throws {
        let (counter, gate) = (PreparedCounter(), DispatchSemaphore(value: 0))
        let prefetcher = SamplePrefetcher(
            source: try dataset(6), order: requests([0, 1, 2, 3, 4, 5]).makeIterator(),
            lookahead: 4, workers: 2
        ) { sample in
            if sample.id == "sample-0" { gate.wait() }
            counter.add()
            return sample.id
        }
        // Three of the four that may be ahead.
        counter.wait(for: 3)
        Thread.sleep(forTimeInterval: 0.005)
        #expect(counter.value == 3)
        gate.signal()
        for index in 0..<6 { #expect(try prefetcher.next()?.output == "sample-\(index)") }
        #expect(try prefetcher.next() == nil)
    }

    @Test(
        "an error comes at the place of its sample, and the samples after it still come",
        arguments: [1, 3])
    func errors(workers: Int) throws {
        let prefetcher = SamplePrefetcher(
            source: try dataset(5), order: requests([0, 1, 2, 3, 4]).makeIterator(), lookahead: 5,
            workers: workers
        ) { sample in
            if sample.id == "sample-2" { throw Refusal(index: 2) }
            return sample.id
        }
        #expect(try prefetcher.next()?.output == "sample-0")
        #expect(try prefetcher.next()?.output == "sample-1")
        #expect(throws: Refusal(index: 2)) { try prefetcher.next() }
        #expect(try prefetcher.next()?.output == "sample-3")
        #expect(try prefetcher.next()?.output == "sample-4")
        #expect(try prefetcher.next() == nil)
    }

    @Test("no more samples are prepared than may wait", arguments: [1, 2, 9])
    func bound(workers: Int) throws {
        let counter = PreparedCounter()
        let prefetcher = SamplePrefetcher(
            source: try dataset(2), order: EpochSampler(count: 2, seed: 0), lookahead: 3,
            workers: workers
        ) { _ in counter.add() }
        for taken in 1...5 {
            _ = try prefetcher.next()
            counter.wait(for: taken + 3)
            Thread.sleep(forTimeInterval: 0.005)
            #expect(counter.value == taken + 3)
        }
    }

    @Test("cancelling wakes who waits, and ends the reading thread")
    func cancellation() throws {
        let counter = PreparedCounter()
        let gate = DispatchSemaphore(value: 0)
        let prefetcher = SamplePrefetcher(
            source: try dataset(2), order: EpochSampler(count: 2, seed: 0), lookahead: 1
        ) { _ in
            counter.add()
            gate.wait()
        }
        let thread = Thread {
            counter.wait(for: 1)
            prefetcher.cancel()
        }
        thread.start()
        #expect(throws: CancellationError.self) { try prefetcher.next() }
        gate.signal()
        Thread.sleep(forTimeInterval: 0.02)
        #expect(counter.value == 1)
    }

    @Test("a prefetcher that nobody holds stops reading")
    func release() throws {
        let counter = PreparedCounter()
        var prefetcher: SamplePrefetcher<Void>?
        // What prepares the samples goes when nobody reads any more.
        weak var reading: PreparedCounter?
        do {
            let held = PreparedCounter()
            reading = held
            prefetcher = SamplePrefetcher(
                source: try dataset(2), order: EpochSampler(count: 2, seed: 0), lookahead: 2
            ) { _ in
                held.add()
                counter.add()
            }
        }
        _ = try prefetcher?.next()
        #expect(reading != nil)
        prefetcher = nil
        for _ in 0..<60_000 where reading != nil { Thread.sleep(forTimeInterval: 0.001) }
        #expect(reading == nil && counter.value <= 4)
    }
}

private final class PreparedCounter: Sendable {
    private let count = Mutex(0)

    func add() { count.withLock { $0 += 1 } }

    var value: Int { count.withLock { $0 } }

    /// Waits until `value` is reached, a minute at most.
    func wait(for value: Int) {
        for _ in 0..<60_000 where self.value < value { Thread.sleep(forTimeInterval: 0.001) }
    }
}
