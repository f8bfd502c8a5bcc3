public import Datasets
import Foundation
public import Imaging

/// A sample from which a segmenter cannot learn.
public struct SegmenterSampleError: Error, Sendable, CustomStringConvertible {
    /// The sample's name, or the shard's path.
    public let name: String

    /// The error about a sample or a shard.
    public init(name: String) {
        self.name = name
    }

    /// What is wrong, and what to do.
    public var description: String {
        "\(name): has no instances, of which a segmenter learns; `think2seg data synthesize` writes "
            + "shards that have them"
    }
}

/// A picture with its objects, decoded and turned, as a segmenter learns from it.
public struct SegmenterSample: Sendable {
    /// One object.
    public struct Object: Sendable {
        /// What it is.
        public var className: String
        /// What prompts about it are drawn from.
        public var target: PromptTarget
        /// The share of what counts of each cell of the mask grid that it covers, row after row.
        public var coverage: [Float]
        /// The same of the picture embedding's grid.
        public var coarseCoverage: [Float]
    }

    /// The sample's name.
    public var id: String
    /// The picture.
    public var image: RGBImage
    /// Its objects that have a visible pixel which counts.
    public var objects: [Object]
    /// The share of each cell of the mask grid that counts, row after row; nil where all does.
    public var counted: [Float]?
    /// The share of each cell of the picture embedding's grid that counts; nil where all does.
    public var coarseCounted: [Float]?

    /// Decodes a sample.
    ///
    /// - Parameters:
    ///   - sample: the sample
    ///   - symmetry: how the picture and all of its objects are turned
    ///   - maskSide: rows and columns of the grid in which masks are learned
    ///   - coarseSide: rows and columns of the picture embedding's grid
    /// - Throws: ``SegmenterSampleError`` if the objects are not known, `ImageError` if the picture
    ///   cannot be decoded
    public init(
        _ sample: SegmentationSample, symmetry: SquareSymmetry = .identity, maskSide: Int,
        coarseSide: Int
    ) throws {
        guard let instances = sample.instances else { throw SegmenterSampleError(name: sample.id) }
        id = sample.id
        image = symmetry(try sample.picture())
        let ignored = sample.ignored.map { symmetry($0) }
        let counted = ignored.map { $0.coverage(side: maskSide).map { 1 - $0 } }
        let coarseCounted = ignored.map { $0.coverage(side: coarseSide).map { 1 - $0 } }
        objects = instances.compactMap { instance in
            guard let target = PromptTarget(mask: symmetry(instance.mask), ignored: ignored)
            else { return nil }
            return Object(
                className: instance.className, target: target,
                coverage: Self.share(target.mask.coverage(side: maskSide), of: counted),
                coarseCoverage: Self.share(
                    target.mask.coverage(side: coarseSide), of: coarseCounted))
        }
        (self.counted, self.coarseCounted) = (counted, coarseCounted)
    }

    /// Covered shares of cells as shares of what counts in them.
    private static func share(_ covered: [Float], of counted: [Float]?) -> [Float] {
        guard let counted else { return covered }
        return zip(covered, counted).map { $1 > 1e-6 ? min(1, $0 / $1) : 0 }
    }

    /// The symmetry of a sample in an epoch: a function of its arguments alone.
    public static func symmetry(seed: UInt64, epoch: Int, id: String) -> SquareSymmetry {
        var hash = StableHash()
        hash.combine("symmetry")
        hash.combine(seed)
        hash.combine(epoch)
        hash.combine(id)
        return SquareSymmetry(Int(hash.value % UInt64(SquareSymmetry.count)))
    }
}

extension SeededGenerator {
    /// A number of the standard normal distribution (Box and Muller).
    mutating func normal() -> Double {
        let radius = (-2 * log(1 - uniformUnit())).squareRoot()
        return radius * cos(2 * Double.pi * uniformUnit())
    }
}
