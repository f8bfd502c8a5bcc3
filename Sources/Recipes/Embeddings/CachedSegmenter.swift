public import Imaging
public import PromptedMasks
public import Segmentation

/// How much of what the segmenter's image encoder computed is kept, and where.
public struct EmbeddingCacheSettings: Sendable, Hashable {
    /// MB of features that are kept in main memory; none if 0.
    public var memoryMegabytes = 1024
    /// MB that the folder of features may have; none are written or read if 0.
    public var diskMegabytes = 0
    /// The folder; `embeddings` in the run's folder if nil.
    public var path: String?

    /// The defaults.
    public init() {}

    package var memoryBytes: Int { memoryMegabytes * 1_000_000 }
    package var diskBytes: Int { diskMegabytes * 1_000_000 }
}

/// A frozen segmenter that encodes a picture once and keeps what it computed.
///
/// Its answers are those of the segmenter, to the bit.
public final class CachedSegmenter: Segmenter {
    /// What computes.
    public let segmenter: any FrozenSegmenter
    private let cache: EmbeddingCache
    private let keys: EmbeddingKeys
    private let compute: (RGBImage) throws -> ImageFeatures

    /// A segmenter that keeps what it computes.
    ///
    /// - Parameters:
    ///   - segmenter: what computes; its weights must not change any more
    ///   - settings: what is kept; without a path nothing is on the disk
    ///   - checkpoint: what tells the segmenter's files from others (``InputFingerprint``)
    ///   - eviction: what makes way when the memory is full
    ///   - compute: makes a picture's features; the segmenter does if nil
    package init(
        _ segmenter: any FrozenSegmenter, _ settings: EmbeddingCacheSettings, checkpoint: String,
        eviction: StoreEviction, compute: ((RGBImage) throws -> ImageFeatures)? = nil
    ) {
        self.segmenter = segmenter
        self.compute = compute ?? { try segmenter.features($0) }
        keys = EmbeddingKeys(segmenter, checkpoint: checkpoint)
        let layout = segmenter.featureLayout
        let folder = settings.path.flatMap { path in
            settings.diskMegabytes == 0
                ? nil
                : EmbeddingFolder(path: path, capacity: settings.diskBytes, layout: layout)
        }
        cache = EmbeddingCache(
            memoryBytes: settings.memoryBytes, eviction: eviction, folder: folder)
    }

    /// Encodes an image, if that was not done before; all prompts about it go to the result.
    public func encode(_ image: RGBImage) throws -> any SegmenterImage {
        let features = try features(image)
        return segmenter.image(
            frame: image.frame, features: try features.to(segmenter.device))
    }

    private func features(_ image: RGBImage) throws -> ImageFeatures {
        if cache.isEnabled {
            return try cache.features(keys.key(image)) { try compute(image) }
        }
        let start = ContinuousClock.now
        let features = try compute(image)
        cache.count(encoderSeconds: (ContinuousClock.now - start) / .seconds(1))
        return features
    }

    /// What happened since this was last called.
    package func takeStatistics() -> EmbeddingStatistics { cache.takeStatistics() }

    /// What people should know since this was last called.
    package func takeNotes() -> [String] { cache.takeNotes() }
}
