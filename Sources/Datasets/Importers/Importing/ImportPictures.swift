import Imaging

/// Makes what shards keep of a source's images, and counts what is lost on the way, to be said once.
///
/// An import reads one sample after the other: no lock is needed.
final class ImportPictures {
    /// What of samples with more than 8 bits is black and white; nil refuses them.
    private let stretch: Stretch?
    /// The percentiles of the whole source, if they are wanted.
    private var measured: StretchRanges?
    private var stretched: Set<String> = []
    private var transparent = Tally()
    private var unexplained = Tally()

    /// How many images something is true of, and the first.
    private struct Tally {
        private var paths: Set<String> = []
        private var first: (path: String, words: String)?

        mutating func add(_ path: String, _ words: String) {
            paths.insert(path)
            if first == nil { first = (path, words) }
        }

        var problem: ImportProblem? {
            first.map { first in
                ImportProblem(
                    severity: .warning, id: nil, file: first.path,
                    message: first.words
                        + (paths.count > 1 ? "; so it is in \(paths.count) images" : ""))
            }
        }
    }

    /// Images of an import that was told a stretch, or none.
    init(_ stretch: Stretch?) { self.stretch = stretch }

    /// Finds the percentiles of all images together, where the stretch is one of percentiles.
    ///
    /// Images that cannot be read are left out here: they are reported when their turn comes.
    ///
    /// - Parameters:
    ///   - paths: the images, in any order
    ///   - progress: called after each with how many were looked at, of how many
    func measure(_ paths: [String], progress: (Int, Int) -> Void) {
        guard let stretch, var measurement = StretchMeasurement(stretch) else { return }
        var left = Set(paths).sorted(by: precedes)
        repeat {
            // A second pass is about those that were counted in the first.
            var counted: [String] = []
            for (index, path) in left.enumerated() {
                if let file = try? ImageCodec.read(path: path),
                    (try? ImageCodec.measure(file, name: path, into: &measurement)) == true
                {
                    counted.append(path)
                }
                progress(index + 1, left.count)
            }
            left = counted
        } while !measurement.endPass()
        measured = measurement.ranges
    }

    /// An image as a shard keeps it.
    struct Kept {
        var bytes: [UInt8]
        var format: ImageFormat
        /// The size as it is stored.
        var frame: ImageFrame
    }

    /// Makes what is kept of an image: the file as it is, or a PNG of it where it is a TIFF or was
    /// stretched.
    ///
    /// - Parameters:
    ///   - file: the image file
    ///   - path: where it is
    ///   - turning: whether a TIFF file is turned as its orientation says
    /// - Returns: the file that the shard gets
    /// - Throws: `ImageError`
    func keep(_ file: [UInt8], path: String, turning: Bool = false) throws(ImageError) -> Kept {
        // A header can be whole where the pixels are not: they are decoded once, here.
        let decoded = try ImageCodec.decode(
            file, name: path, stretch: stretch, measured: measured, turning: turning)
        switch decoded.leftOut {
        case .alpha: transparent.add(path, decoded.leftOut?.description ?? "")
        case .unknown: unexplained.add(path, decoded.leftOut?.description ?? "")
        case nil: break
        }
        if decoded.ranges != nil { stretched.insert(path) }
        guard decoded.ranges != nil || ImageCodec.isTIFF(file) else {
            let header = try ImageCodec.header(file, name: path)
            return Kept(bytes: file, format: header.format, frame: header.frame)
        }
        return Kept(
            bytes: try ImageCodec.encodePNG(decoded.image), format: .png,
            frame: decoded.image.frame)
    }

    /// How many images were stretched until now.
    var stretchedCount: Int { stretched.count }

    /// The stretch, and what its percentiles are, as shards and reports keep it.
    var note: String? {
        stretch.map { stretch in
            measured.map { "\(stretch) = \($0)" } ?? stretch.description
        }
    }

    /// What there is to say about the images until now.
    var problems: [ImportProblem] { [transparent.problem, unexplained.problem].compactMap(\.self) }

    /// What there is to say about all images of the folder `source`.
    func problems(_ source: String) -> [ImportProblem] {
        guard let stretch, stretched.isEmpty else { return problems }
        return problems + [
            ImportProblem(
                severity: .warning, id: nil, file: source,
                message: "no image has more than 8 bits per sample: --stretch \(stretch) changed "
                    + "nothing")
        ]
    }
}
