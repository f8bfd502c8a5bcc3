import Foundation

/// Reads and prepares samples ahead of their use, on threads of its own, in a given order.
///
/// What ``next()`` returns does not depend on how many threads there are, or how fast. An error is
/// thrown where its sample would have been returned; the samples after it come as usual.
///
/// ```swift
/// let prefetcher = SamplePrefetcher(source: shards, order: sampler) { sample in
///     try sample.picture()
/// }
/// while let (request, image) = try prefetcher.next() { … }
/// ```
public final class SamplePrefetcher<Output: Sendable>: Sendable {
    private let queue: PrefetchQueue<Output>

    /// Starts to read.
    ///
    /// - Parameters:
    ///   - source: Where the samples are.
    ///   - order: Which samples, in which order; an ``EpochSampler``, or the iterator of an array.
    ///   - lookahead: How many samples are being prepared or wait at most, at least 1.
    ///   - workers: How many threads prepare samples, at least 1; no more than `lookahead` are busy.
    ///   - transform: What to make of a sample; runs on the reading threads, several at once.
    public convenience init<Order: IteratorProtocol & Sendable>(
        source: any SampleSource, order: Order, lookahead: Int = 4, workers: Int = 1,
        transform: @escaping @Sendable (SegmentationSample) throws -> Output
    ) where Order.Element == SampleRequest {
        self.init(source: source, order: order, lookahead: lookahead, workers: workers) {
            _, sample in
            try transform(sample)
        }
    }

    /// Starts to read; `transform` also gets the sample's request, and so the pass over the data.
    public init<Order: IteratorProtocol & Sendable>(
        source: any SampleSource, order: Order, lookahead: Int = 4, workers: Int = 1,
        transform: @escaping @Sendable (SampleRequest, SegmentationSample) throws -> Output
    ) where Order.Element == SampleRequest {
        precondition(lookahead > 0, "nothing can be read ahead")
        precondition(workers > 0, "nobody reads")
        let queue = PrefetchQueue<Output>(order: order, capacity: lookahead)
        self.queue = queue
        for number in 0..<min(workers, lookahead) {
            let worker = Thread {
                while let (ticket, request) = queue.begin() {
                    let output = Result {
                        try transform(request, source.sample(at: request.index))
                    }
                    queue.end(ticket, PrefetchedSample(request: request, output: output))
                }
            }
            worker.name = "sample prefetch \(number)"
            // As much as a main thread has: codecs keep tables on the stack.
            worker.stackSize = 8 << 20
            worker.start()
        }
    }

    deinit { cancel() }

    /// The next sample of the order with its request; nil after the last.
    ///
    /// Waits until it is ready.
    ///
    /// - Throws: What reading or preparing this sample threw; `CancellationError` after
    ///   ``cancel()``.
    public func next() throws -> (request: SampleRequest, output: Output)? {
        guard let sample = try queue.take() else { return nil }
        return (sample.request, try sample.output.get())
    }

    /// Ends reading ahead and drops what waits; a waiting ``next()`` returns at once.
    public func cancel() {
        queue.cancel()
    }
}

private struct PrefetchedSample<Output: Sendable>: Sendable {
    var request: SampleRequest
    var output: Result<Output, any Error>
}

/// Samples between the reading threads and the one that uses them: each has a ticket, its place in
/// the order.
///
/// Unchecked, because every access to its state is under `condition`.
private final class PrefetchQueue<Output: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private let capacity: Int
    private let nextRequest: () -> SampleRequest?
    /// The ticket of the next request of the order.
    private var begun = 0
    /// The ticket of the sample that is taken next.
    private var taken = 0
    private var samples: [Int: PrefetchedSample<Output>] = [:]
    private var hasEnded = false
    private var isCancelled = false

    init<Order: IteratorProtocol>(order: Order, capacity: Int)
    where Order.Element == SampleRequest {
        self.capacity = capacity
        var order = order
        nextRequest = { order.next() }
    }

    /// Waits until a sample may be begun; nil if none is wanted any more, or the order has no other.
    func begin() -> (ticket: Int, request: SampleRequest)? {
        condition.withLock {
            while begun - taken >= capacity, !isCancelled, !hasEnded { condition.wait() }
            guard !isCancelled, !hasEnded else { return nil }
            guard let request = nextRequest() else {
                hasEnded = true
                condition.broadcast()
                return nil
            }
            begun += 1
            return (begun - 1, request)
        }
    }

    func end(_ ticket: Int, _ sample: PrefetchedSample<Output>) {
        condition.withLock {
            guard !isCancelled else { return }
            samples[ticket] = sample
            condition.broadcast()
        }
    }

    /// Waits for the sample whose turn it is; nil after the last.
    func take() throws -> PrefetchedSample<Output>? {
        try condition.withLock {
            while samples[taken] == nil, !isCancelled, !(hasEnded && taken == begun) {
                condition.wait()
            }
            guard !isCancelled else { throw CancellationError() }
            guard let sample = samples.removeValue(forKey: taken) else { return nil }
            taken += 1
            condition.broadcast()
            return sample
        }
    }

    func cancel() {
        condition.withLock {
            isCancelled = true
            samples = [:]
            condition.broadcast()
        }
    }
}
