import Foundation

/// Reads and prepares samples ahead of their use, on a thread of its own, in a given order.
///
/// What ``next()`` returns does not depend on the speed of either thread. An error is thrown
/// where its sample would have been returned; the samples after it come as usual.
///
/// ```swift
/// let prefetcher = SamplePrefetcher(source: shards, order: sampler) { sample in
///     try ImageCodec.decode(sample.image, name: sample.id)
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
    ///   - lookahead: How many prepared samples wait at most, at least 1.
    ///   - transform: What to make of a sample; runs on the reading thread.
    public convenience init<Order: IteratorProtocol & Sendable>(
        source: any SampleSource, order: Order, lookahead: Int = 4,
        transform: @escaping @Sendable (SegmentationSample) throws -> Output
    ) where Order.Element == SampleRequest {
        self.init(source: source, order: order, lookahead: lookahead) { _, sample in
            try transform(sample)
        }
    }

    /// Starts to read; `transform` also gets the sample's request, and so the pass over the data.
    public init<Order: IteratorProtocol & Sendable>(
        source: any SampleSource, order: Order, lookahead: Int = 4,
        transform: @escaping @Sendable (SampleRequest, SegmentationSample) throws -> Output
    ) where Order.Element == SampleRequest {
        precondition(lookahead > 0, "nothing can be read ahead")
        let queue = PrefetchQueue<Output>(capacity: lookahead)
        self.queue = queue
        let worker = Thread {
            var order = order
            while queue.waitForRoom(), let request = order.next() {
                let output = Result {
                    try transform(request, source.sample(at: request.index))
                }
                queue.append(PrefetchedSample(request: request, output: output))
            }
            queue.end()
        }
        worker.name = "sample prefetch"
        // As much as a main thread has: codecs keep tables on the stack.
        worker.stackSize = 8 << 20
        worker.start()
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

/// Samples between the reading thread and the one that uses them.
///
/// Unchecked, because every access to its state is under `condition`.
private final class PrefetchQueue<Output: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private let capacity: Int
    private var samples: [PrefetchedSample<Output>] = []
    private var hasEnded = false
    private var isCancelled = false

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Waits until a sample may be added; false if none is wanted any more.
    func waitForRoom() -> Bool {
        condition.withLock {
            while samples.count >= capacity, !isCancelled { condition.wait() }
            return !isCancelled
        }
    }

    func append(_ sample: PrefetchedSample<Output>) {
        condition.withLock {
            guard !isCancelled else { return }
            samples.append(sample)
            condition.broadcast()
        }
    }

    /// Says that no sample follows.
    func end() {
        condition.withLock {
            hasEnded = true
            condition.broadcast()
        }
    }

    /// Waits for a sample; nil after the last.
    func take() throws -> PrefetchedSample<Output>? {
        try condition.withLock {
            while samples.isEmpty, !hasEnded, !isCancelled { condition.wait() }
            guard !isCancelled else { throw CancellationError() }
            guard !samples.isEmpty else { return nil }
            condition.broadcast()
            return samples.removeFirst()
        }
    }

    func cancel() {
        condition.withLock {
            isCancelled = true
            samples = []
            condition.broadcast()
        }
    }
}
