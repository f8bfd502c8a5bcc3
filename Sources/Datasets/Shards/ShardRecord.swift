import Checksums
import Datasets
import Imaging

/// A sample as a shard stores it: numbers and bytes.
struct ShardRecord {
    /// An instance as a shard stores it.
    struct Instance {
        var className: [UInt8]
        var isTarget: UInt8
        /// x1, y1, x2, y2.
        var box: [Double]
        /// A PNG file of the instance's mask.
        var mask: [UInt8]
    }

    var id: [UInt8]
    var format: UInt8
    var width: Int32
    var height: Int32
    var emptyTarget: UInt8
    var image: [UInt8]
    /// A PNG file of the target's mask.
    var mask: [UInt8]
    var questions: [[UInt8]]
    var answers: [[UInt8]]
    var instances: [Instance]?
    /// A PNG file of the pixels that do not count; empty where all do.
    var ignored: [UInt8] = []
    /// How the image is turned, as EXIF counts: 1...8.
    var orientation: UInt8 = ImageOrientation.upright.rawValue

    /// The CRC-32C of everything above, each part preceded by its length or count.
    var checksum: UInt32 {
        var crc = CRC32C()
        func add(_ number: UInt64) { crc.update(number) }
        func add(_ bytes: [UInt8]) {
            crc.update(UInt64(bytes.count))
            crc.update(bytes)
        }
        add(id)
        add(UInt64(format))
        add(UInt64(UInt32(bitPattern: width)))
        add(UInt64(UInt32(bitPattern: height)))
        add(UInt64(emptyTarget))
        add(image)
        add(mask)
        for texts in [questions, answers] {
            add(UInt64(texts.count))
            texts.forEach(add)
        }
        if let instances {
            add(UInt64(instances.count))
            for instance in instances {
                add(instance.className)
                add(UInt64(instance.isTarget))
                for edge in instance.box { add(edge.bitPattern) }
                add(instance.mask)
            }
        }
        // What version 2 added has a number of its own before it, and is left out where it says
        // nothing: then the checksum is that of version 1.
        if !ignored.isEmpty {
            add(1)
            add(ignored)
        }
        if orientation != ImageOrientation.upright.rawValue {
            add(2)
            add(UInt64(orientation))
        }
        return crc.value
    }
}

// MARK: - From and to samples

extension ShardRecord {
    /// The record of a sample.
    ///
    /// - Throws: ``SampleDefect`` if the sample contradicts itself, an error of `Imaging` if its
    ///   image has no readable header.
    init(_ sample: SegmentationSample) throws {
        guard !sample.id.isEmpty else { throw SampleDefect("the sample has no id") }
        guard !sample.questions.isEmpty, !sample.questions.contains(where: \.isEmpty) else {
            throw SampleDefect("a sample has at least one question, and no question is empty")
        }
        let header = try ImageCodec.header(sample.image, name: sample.id)
        let frame = sample.orientation.symmetry(header.frame)
        guard frame == sample.frame, header.format == sample.format else {
            throw SampleDefect(
                "the image is \(frame.text) \(header.format.rawValue), the sample says "
                    + "\(sample.frame.text) \(sample.format.rawValue)")
        }
        try requireFrame(sample.mask, frame, "the mask")
        try requireIgnored(sample.ignored, mask: sample.mask)
        id = Array(sample.id.utf8)
        format = sample.format.code
        width = Int32(frame.width)
        height = Int32(frame.height)
        emptyTarget = sample.isEmptyTarget ? 1 : 0
        image = sample.image
        mask = try ImageCodec.encodeBitPNG(sample.mask)
        questions = sample.questions.map { Array($0.utf8) }
        answers = sample.answers.map { Array($0.utf8) }
        instances = try sample.instances?.map { try Instance($0, frame: frame) }
        if let pixels = sample.ignored, !pixels.isEmpty {
            ignored = try ImageCodec.encodeBitPNG(pixels)
        }
        orientation = sample.orientation.rawValue
    }

    /// The sample that the record stores.
    ///
    /// - Throws: ``SampleDefect`` or an error of `Imaging` if the record stores none.
    func sample() throws -> SegmentationSample {
        guard width > 0, height > 0 else {
            throw SampleDefect("the size \(width) x \(height) is none")
        }
        guard let format = ImageFormat(code: format) else {
            throw SampleDefect("the image format \(format) is unknown; 0 is PNG, 1 is JPEG")
        }
        let frame = ImageFrame(width: Int(width), height: Int(height))
        let id = try text(id, "the id")
        let mask = try decodeMask(mask, frame: frame, name: id, "the mask")
        guard mask.isEmpty == (emptyTarget == 1) else {
            throw SampleDefect(
                "empty_target is \(emptyTarget), but the mask has \(mask.count) pixels")
        }
        let instances = try instances?.map { try $0.truth(frame: frame, id: id) }
        let ignored =
            try ignored.isEmpty
            ? nil : decodeMask(ignored, frame: frame, name: id, "the ignored pixels' mask")
        try requireIgnored(ignored, mask: mask)
        guard let orientation = ImageOrientation(rawValue: orientation) else {
            throw SampleDefect("the orientation \(orientation) is unknown; 1 to 8 are read")
        }
        return SegmentationSample(
            id: id, image: image, format: format, frame: frame,
            questions: try questions.map { try text($0, "a question") },
            answers: try answers.map { try text($0, "an answer") },
            mask: mask, ignored: ignored.flatMap { $0.isEmpty ? nil : $0 }, instances: instances,
            orientation: orientation)
    }
}

extension ShardRecord.Instance {
    fileprivate init(_ truth: InstanceTruth, frame: ImageFrame) throws {
        try requireFrame(truth.mask, frame, "an instance's mask")
        className = Array(truth.className.utf8)
        isTarget = truth.isTarget ? 1 : 0
        box = [truth.box.x1, truth.box.y1, truth.box.x2, truth.box.y2]
        mask = try ImageCodec.encodeBitPNG(truth.mask)
    }

    fileprivate func truth(frame: ImageFrame, id: String) throws -> InstanceTruth {
        InstanceTruth(
            className: try text(className, "an instance's class"), isTarget: isTarget != 0,
            box: Box(x1: box[0], y1: box[1], x2: box[2], y2: box[3]),
            mask: try decodeMask(mask, frame: frame, name: id, "an instance's mask"))
    }
}

private func text(_ bytes: [UInt8], _ what: String) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
        throw SampleDefect("\(what) is not UTF-8")
    }
    return text
}

private func requireFrame(_ mask: BinaryMask, _ frame: ImageFrame, _ what: String) throws {
    guard mask.frame == frame else {
        throw SampleDefect("\(what) is \(mask.frame.text), the image is \(frame.text)")
    }
}

private func requireIgnored(_ ignored: BinaryMask?, mask: BinaryMask) throws {
    guard let ignored else { return }
    try requireFrame(ignored, mask.frame, "the ignored pixels' mask")
    guard ignored.isDisjoint(with: mask) else {
        throw SampleDefect(
            "\(ignored.intersectionCount(mask)) pixels are target and ignored at once")
    }
}

private func decodeMask(
    _ bytes: [UInt8], frame: ImageFrame, name: String, _ what: String
) throws -> BinaryMask {
    let mask = try ImageCodec.decodeLabel(bytes, name: "\(what) of \(name)")
    try requireFrame(mask, frame, what)
    return mask
}
