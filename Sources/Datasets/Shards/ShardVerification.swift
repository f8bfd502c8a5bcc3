import Datasets
public import Imaging

/// What a shard holds, in numbers.
public struct ShardSummary: Hashable, Sendable, Codable {
    /// The file.
    public var path: String
    /// The data set's name.
    public var dataset: String
    /// The part of the data set.
    public var split: String
    /// The version of the format.
    public var version: Int
    /// What the import decided about its source's files.
    public var notes: ShardNotes
    /// How many samples.
    public var samples: Int
    /// How many of them have no target.
    public var emptyTargets: Int
    /// How many questions all samples have together.
    public var questions: Int
    /// How many answers all samples have together.
    public var answers: Int
    /// How many instances all samples have together; nil where they are not known.
    public var instances: Int?
    /// How many samples have pixels that do not count.
    public var withIgnored: Int
    /// How many samples' images are turned as their files say.
    public var turned: Int
    /// The size of all encoded images together, in bytes.
    public var imageBytes: Int
    /// The size of all encoded masks together, in bytes.
    public var maskBytes: Int
    /// The image with the fewest pixels.
    public var smallestFrame: ImageFrame
    /// The image with the most pixels.
    public var largestFrame: ImageFrame
}

/// One thing that is wrong with one sample of a shard.
public struct ShardProblem: Hashable, Sendable, CustomStringConvertible {
    /// The sample's index in the file.
    public var index: Int
    /// The sample's id.
    public var id: String
    /// What is wrong.
    public var message: String

    /// All of it in one line.
    public var description: String { "sample \(index) ('\(id)'): \(message)" }
}

extension ShardReader {
    /// What the shard holds, in numbers; reads no pictures.
    public var summary: ShardSummary {
        let frames = (0..<count).map(frame(at:)).sorted { $0.area < $1.area }
        return ShardSummary(
            path: path, dataset: dataset, split: split, version: version, notes: notes,
            samples: count,
            emptyTargets: (0..<count).count { isEmptyTarget(at: $0) },
            questions: arrays.questions.texts.count, answers: arrays.answers.texts.count,
            instances: arrays.instances?.count, withIgnored: arrays.added.withIgnored,
            turned: arrays.added.turned, imageBytes: arrays.images.byteCount,
            maskBytes: arrays.masks.byteCount, smallestFrame: frames[0],
            largestFrame: frames[count - 1])
    }

    /// Reads every sample and checks all that can be checked: the checksum, that the image
    /// decodes to the stated size, that the mask, the ignored pixels and the instances' masks have
    /// that size, that no pixel is target and ignored, that the empty-target flag is the mask's,
    /// that texts are UTF-8 and questions not empty.
    ///
    /// - Parameter progress: Called after each sample with the number of samples checked.
    /// - Returns: What is wrong, at most one problem per sample; empty if nothing is.
    public func verify(progress: (Int) -> Void = { _ in }) -> [ShardProblem] {
        var problems: [ShardProblem] = []
        var foreign = 0
        for index in 0..<count {
            do {
                try checkContent(of: sample(at: index))
            } catch let error as ShardError {
                if error.kind == .checksum, hasOtherChecksum(at: index) { foreign += 1 }
                problems.append(
                    ShardProblem(index: index, id: id(at: index), message: error.message))
            } catch {
                problems.append(ShardProblem(index: index, id: id(at: index), message: "\(error)"))
            }
            progress(index + 1)
        }
        return foreign == count ? [otherWriter] : problems
    }

    /// Whether a sample can be read, and has another checksum than the one that is stored.
    private func hasOtherChecksum(at index: Int) -> Bool {
        guard let record = try? arrays.record(at: index) else { return false }
        return record.checksum != arrays.checksums[index]
    }

    /// What is said where no sample has the checksum that is stored: damage does not reach all of them.
    private var otherWriter: ShardProblem {
        let bytes = (try? arrays.record(at: 0).checksum).map(hex) ?? "another"
        return ShardProblem(
            index: 0, id: id(at: 0),
            message: "the stored checksum is \(hex(arrays.checksums[0])), the bytes have \(bytes)"
                + (count == 1
                    ? ": the file is damaged, or its writer's checksum differs; "
                    : ", and so on for all \(count) samples: the writer's checksum differs; ")
                + "it is the CRC-32C (Castagnoli) of the id, the sizes, the pictures and the texts in "
                + "the order of the section Checksum of Documentation/shards.md")
    }

    private func checkContent(of sample: SegmentationSample) throws {
        let header = try ImageCodec.header(sample.image, name: sample.id)
        guard header.format == sample.format else {
            throw SampleDefect(
                "the image is \(header.format.rawValue), not \(sample.format.rawValue)")
        }
        let image = try sample.picture()
        guard image.frame == sample.frame else {
            throw SampleDefect("the image is \(image.frame.text), not \(sample.frame.text)")
        }
        guard !sample.questions.contains(where: \.isEmpty) else {
            throw SampleDefect("a question is empty")
        }
    }
}
