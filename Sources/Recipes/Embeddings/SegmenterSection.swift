package import Configuration
public import SharedSettings

/// The frozen segmenter.
public struct SegmenterSection: Sendable, Hashable {
    /// The folder of a SAM2.1 checkpoint, or an official `.pt` file.
    public var path = ""
    /// The element type of weights and computations.
    public var dtype = ModelDType.float32
    /// How much of what its image encoder computed is kept.
    public var embeddingCache = EmbeddingCacheSettings()

    /// The defaults.
    public init() {}
}

extension ConfigurationKey {
    /// The frozen segmenter, and what is kept of its work.
    package static func segmenter(_ section: WritableKeyPath<Root, SegmenterSection>) -> [Self] {
        [
            Self(
                "segmenter.path", path: section.appending(path: \.path),
                "The folder of a SAM2.1 checkpoint, or an official .pt file"),
            Self(
                "segmenter.dtype", section.appending(path: \.dtype),
                "The type of weights and computations"),
            Self(
                "segmenter.embedding_cache.memory_mb",
                section.appending(path: \.embeddingCache.memoryMegabytes),
                "MB of pictures' embeddings that are kept in main memory, for pictures that come again; "
                    + "0: none", in: 0...10_000_000),
            Self(
                "segmenter.embedding_cache.disk_mb",
                section.appending(path: \.embeddingCache.diskMegabytes),
                "MB of embeddings that are kept on the disk, for other sessions and runs too; 0: none",
                in: 0...1_000_000_000),
            Self(
                "segmenter.embedding_cache.path",
                path: section.appending(path: \.embeddingCache.path),
                "Their folder on the disk, which runs may share; null: embeddings in output_dir"),
        ]
    }
}
