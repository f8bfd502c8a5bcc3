import Foundation
import PromptedMasks
import Torch

/// What became of pictures that a segmenter was to encode.
package struct EmbeddingStatistics: Sendable, Hashable {
    /// Pictures that were asked for.
    var requests = 0
    /// Those whose features were in memory, or just being computed by another thread.
    var memoryHits = 0
    /// Those whose features were on the disk.
    var diskHits = 0
    /// Seconds in the image encoder, of all threads together.
    package var encoderSeconds = 0.0

    /// Those that went through the image encoder.
    var encoded: Int { requests - memoryHits - diskHits }

    /// The share of pictures that the image encoder was spared; 0 if there were none.
    package var hitRate: Double {
        requests == 0 ? 0 : Double(memoryHits + diskHits) / Double(requests)
    }
}

/// Keeps features of pictures in memory and on the disk.
///
/// Several threads may ask at once; of those that ask for one picture, one computes and the others wait for
/// it. Unchecked, because all that changes is under `condition`.
final class EmbeddingCache: @unchecked Sendable {
    private let folder: EmbeddingFolder?
    private let condition = NSCondition()
    /// In main memory, whatever the device.
    private var store: BoundedStore<EmbeddingKey, ImageFeatures>
    private var flights: [EmbeddingKey: Flight] = [:]
    private var statistics = EmbeddingStatistics()

    /// Features that a thread looks for; under `condition`.
    private final class Flight {
        var isOver = false
        /// Nil also after a failure, when who waits looks for itself.
        var features: ImageFeatures?
    }

    /// An empty memory before a folder, if there is one.
    init(memoryBytes: Int, eviction: StoreEviction, folder: EmbeddingFolder?) {
        store = BoundedStore(capacity: memoryBytes, eviction: eviction)
        self.folder = folder
    }

    /// Whether anything is ever kept.
    var isEnabled: Bool { store.capacity > 0 || folder != nil }

    /// What happened since this was last called.
    func takeStatistics() -> EmbeddingStatistics {
        condition.withLock {
            defer { statistics = EmbeddingStatistics() }
            return statistics
        }
    }

    /// What people should know since this was last called.
    func takeNotes() -> [String] { folder?.takeNotes() ?? [] }

    /// Counts a picture whose features are not looked for.
    func count(encoderSeconds: Double) {
        condition.withLock {
            statistics.requests += 1
            statistics.encoderSeconds += encoderSeconds
        }
    }

    /// The features of a key: those that are kept, or new ones.
    ///
    /// - Parameters:
    ///   - key: what they depend on
    ///   - encode: computes them, on the calling thread
    /// - Returns: the features, in main memory if they were kept
    /// - Throws: what `encode` throws
    func features(
        _ key: EmbeddingKey, encode: () throws -> ImageFeatures
    ) throws -> ImageFeatures {
        let flight: Flight
        switch claim(key) {
        case .found(let features): return features
        case .claimed(let own): flight = own
        }
        var found: ImageFeatures?
        defer { land(flight, key, found) }
        if let read = folder?.read(key) {
            condition.withLock { statistics.diskHits += 1 }
            found = read
            return read
        }
        let start = ContinuousClock.now
        let features = try encode()
        let kept = try features.to(.cpu)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        condition.withLock { statistics.encoderSeconds += seconds }
        folder?.write(kept, key)
        found = kept
        return features
    }

    private enum Claim {
        case found(ImageFeatures)
        case claimed(Flight)
    }

    /// What is in memory or comes from another thread; or the right to look for it.
    private func claim(_ key: EmbeddingKey) -> Claim {
        condition.withLock {
            statistics.requests += 1
            while true {
                if let features = store.value(key) {
                    statistics.memoryHits += 1
                    return .found(features)
                }
                guard let flight = flights[key] else { break }
                while !flight.isOver { condition.wait() }
                if let features = flight.features {
                    statistics.memoryHits += 1
                    return .found(features)
                }
            }
            let flight = Flight()
            flights[key] = flight
            return .claimed(flight)
        }
    }

    private func land(_ flight: Flight, _ key: EmbeddingKey, _ features: ImageFeatures?) {
        condition.withLock {
            if let features { store.insert(features, bytes: features.byteCount, for: key) }
            flight.features = features
            flight.isOver = true
            flights[key] = nil
            condition.broadcast()
        }
    }
}
