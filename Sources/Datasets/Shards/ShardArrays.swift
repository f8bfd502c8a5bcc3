import HDF5
import Imaging

/// Byte strings of a shard: their bounds in memory, their bytes in the file.
struct BlobArray: Sendable {
    private let bytes: HDF5Array<UInt8>
    private let offsets: [Int64]

    /// Opens the group `group` and checks its bounds.
    init(_ file: HDF5File, group: String) throws {
        bytes = try file.checkedArray(group + ShardLayout.bytes)
        offsets = try file.readBounds(
            group + ShardLayout.offsets, end: bytes.count, of: bytes.name)
    }

    /// How many byte strings there are.
    var count: Int { offsets.count - 1 }

    /// How many bytes they have together.
    var byteCount: Int { Int(offsets[count]) }

    /// Whether the byte string at `index` has no byte.
    func isEmpty(at index: Int) -> Bool { offsets[index] == offsets[index + 1] }

    func read(_ index: Int) throws -> [UInt8] {
        try bytes.read(Int(offsets[index])..<Int(offsets[index + 1]))
    }

    /// The byte strings of a range, with one access to the file.
    func read(_ range: Range<Int>) throws -> [[UInt8]] {
        let start = Int(offsets[range.lowerBound])
        let all = try bytes.read(start..<Int(offsets[range.upperBound]))
        return range.map { Array(all[Int(offsets[$0]) - start..<Int(offsets[$0 + 1]) - start]) }
    }
}

/// A list of texts per sample.
struct TextListArray: Sendable {
    let texts: BlobArray
    let samples: [Int64]

    /// Opens the group `group` and checks its bounds.
    init(_ file: HDF5File, group: String) throws {
        texts = try BlobArray(file, group: group)
        samples = try file.readBounds(
            group + ShardLayout.samples, end: texts.count, of: group + ShardLayout.offsets)
    }

    func read(_ index: Int) throws -> [[UInt8]] {
        try texts.read(Int(samples[index])..<Int(samples[index + 1]))
    }
}

/// The optional group of instances.
struct InstanceArrays: Sendable {
    let samples: [Int64]
    private let classes: BlobArray
    private let masks: BlobArray
    private let boxes: HDF5Array<Double>
    private let isTarget: [UInt8]

    /// Opens the group and checks that its arrays agree.
    init(_ file: HDF5File) throws {
        classes = try BlobArray(file, group: ShardLayout.Group.instanceClasses)
        masks = try BlobArray(file, group: ShardLayout.Group.instanceMasks)
        boxes = try file.checkedArray(ShardLayout.InstanceColumn.boxes, columns: 4)
        isTarget = try file.checkedArray(ShardLayout.InstanceColumn.isTarget).readAll()
        samples = try file.readBounds(
            ShardLayout.Group.instances + ShardLayout.samples, end: isTarget.count,
            of: ShardLayout.InstanceColumn.isTarget)
        try file.require(
            count: isTarget.count, ShardLayout.InstanceColumn.isTarget,
            of: [
                (ShardLayout.Group.instanceClasses, classes.count),
                (ShardLayout.Group.instanceMasks, masks.count), (boxes.name, boxes.count),
            ])
    }

    /// How many instances all samples have together.
    var count: Int { isTarget.count }

    func read(_ index: Int) throws -> [ShardRecord.Instance] {
        let range = Int(samples[index])..<Int(samples[index + 1])
        let (names, files) = (try classes.read(range), try masks.read(range))
        let edges = try boxes.read(range)
        return range.enumerated().map { place, instance in
            ShardRecord.Instance(
                className: names[place], isTarget: isTarget[instance],
                box: Array(edges[place * 4..<place * 4 + 4]), mask: files[place])
        }
    }
}

/// What version 2 added: each is there only if a sample of the shard has it.
struct AddedArrays: Sendable {
    /// Per sample the mask of the pixels that do not count, or no byte.
    let ignored: BlobArray?
    /// Per sample how its image is turned.
    let orientation: [UInt8]?

    /// What a shard of version 1 has.
    static let none = AddedArrays(ignored: nil, orientation: nil)

    /// Opens what is there.
    init(_ file: HDF5File) throws {
        typealias Column = ShardLayout.Column
        ignored =
            try file.contains(ShardLayout.Group.ignored)
            ? BlobArray(file, group: ShardLayout.Group.ignored) : nil
        orientation =
            try file.contains(Column.orientation)
            ? file.checkedArray(Column.orientation).readAll() : nil
    }

    private init(ignored: BlobArray?, orientation: [UInt8]?) {
        self.ignored = ignored
        self.orientation = orientation
    }

    /// How many samples have pixels that do not count.
    var withIgnored: Int {
        ignored.map { ignored in (0..<ignored.count).count { !ignored.isEmpty(at: $0) } } ?? 0
    }

    /// How many samples' images are turned.
    var turned: Int { orientation?.count { $0 != ImageOrientation.upright.rawValue } ?? 0 }

    /// The names of what is there, and how many entries each has.
    var counts: [(name: String, count: Int)] {
        [
            ignored.map { (ShardLayout.Group.ignored, $0.count) },
            orientation.map { (ShardLayout.Column.orientation, $0.count) },
        ].compactMap(\.self)
    }
}

/// Everything that a shard stores about its samples; what is small is in memory.
struct ShardArrays: Sendable {
    let images: BlobArray
    let masks: BlobArray
    let questions: TextListArray
    let answers: TextListArray
    let instances: InstanceArrays?
    let added: AddedArrays
    let emptyTarget: [UInt8]
    let checksums: [UInt32]
    private let file: HDF5File
    private let ids: BlobArray
    private let width: [Int32]
    private let height: [Int32]
    private let imageFormat: [UInt8]

    /// Opens the arrays of a shard of a version and checks that they agree.
    init(_ file: HDF5File, version: Int64) throws {
        typealias Group = ShardLayout.Group
        typealias Column = ShardLayout.Column
        self.file = file
        ids = try BlobArray(file, group: Group.ids)
        images = try BlobArray(file, group: Group.images)
        masks = try BlobArray(file, group: Group.masks)
        questions = try TextListArray(file, group: Group.questions)
        answers = try TextListArray(file, group: Group.answers)
        instances = try file.contains(Group.instances) ? InstanceArrays(file) : nil
        added = try version > ShardLayout.plainVersion ? AddedArrays(file) : .none
        width = try file.checkedArray(Column.width).readAll()
        height = try file.checkedArray(Column.height).readAll()
        imageFormat = try file.checkedArray(Column.imageFormat).readAll()
        emptyTarget = try file.checkedArray(Column.emptyTarget).readAll()
        checksums = try file.checkedArray(Column.checksum).readAll()
        try checkCounts()
    }

    /// How many samples there are.
    var count: Int { checksums.count }

    func frame(at index: Int) -> ImageFrame {
        ImageFrame(width: Int(width[index]), height: Int(height[index]))
    }

    func readIDs() throws -> [String] {
        try (0..<count).map { index in
            guard let id = String(validating: try ids.read(index), as: UTF8.self), !id.isEmpty
            else {
                throw ShardError(
                    .inconsistent, path: file.path, index: index, "the id is empty or not UTF-8")
            }
            return id
        }
    }

    func record(at index: Int) throws -> ShardRecord {
        ShardRecord(
            id: try ids.read(index), format: imageFormat[index], width: width[index],
            height: height[index], emptyTarget: emptyTarget[index],
            image: try images.read(index), mask: try masks.read(index),
            questions: try questions.read(index), answers: try answers.read(index),
            instances: try instances?.read(index), ignored: try added.ignored?.read(index) ?? [],
            orientation: added.orientation?[index] ?? ImageOrientation.upright.rawValue)
    }

    private func checkCounts() throws {
        typealias Group = ShardLayout.Group
        typealias Column = ShardLayout.Column
        guard count > 0 else {
            throw ShardError(.inconsistent, path: file.path, "the shard holds no samples")
        }
        try file.require(
            count: count, Column.checksum,
            of: [
                (Group.ids, ids.count), (Group.images, images.count), (Group.masks, masks.count),
                (Group.questions, questions.samples.count - 1),
                (Group.answers, answers.samples.count - 1), (Column.width, width.count),
                (Column.height, height.count), (Column.imageFormat, imageFormat.count),
                (Column.emptyTarget, emptyTarget.count),
                (Group.instances, instances.map { $0.samples.count - 1 } ?? count),
            ] + added.counts)
        for index in 0..<count {
            guard width[index] > 0, height[index] > 0 else {
                throw ShardError(
                    .inconsistent, path: file.path, index: index,
                    "the size \(width[index]) x \(height[index]) is none")
            }
            guard questions.samples[index] < questions.samples[index + 1] else {
                throw ShardError(
                    .inconsistent, path: file.path, index: index, "there is no question")
            }
        }
    }
}

extension HDF5File {
    /// The array `name`, whose type and shape are those that the format asks for.
    fileprivate func checkedArray<Element: HDF5Element>(
        _ name: String, columns: Int? = nil
    ) throws -> HDF5Array<Element> {
        let array = try array(name, of: Element.self, columns: columns)
        if let mismatch = array.mismatch() {
            throw ShardError(.inconsistent, path: path, "the array '\(name)' \(mismatch)")
        }
        return array
    }

    /// The bounds `name` of things that stand one after another: from 0, never falling, to `end`.
    fileprivate func readBounds(_ name: String, end: Int, of other: String) throws -> [Int64] {
        let array: HDF5Array<Int64> = try checkedArray(name)
        let bounds = try array.readAll()
        guard bounds.first == 0, bounds.last == Int64(end) else {
            throw ShardError(
                .inconsistent, path: path,
                "the array '\(name)' runs from \(bounds.first ?? -1) to \(bounds.last ?? -1), "
                    + "which is not from 0 to \(end), the length of '\(other)'")
        }
        for (index, pair) in zip(bounds, bounds.dropFirst()).enumerated() where pair.0 > pair.1 {
            throw ShardError(
                .inconsistent, path: path,
                "the array '\(name)' falls from \(pair.0) to \(pair.1) at place \(index + 1)")
        }
        return bounds
    }

    /// Requires that all of `others` have as many entries as `name` has.
    fileprivate func require(
        count: Int, _ name: String, of others: [(name: String, count: Int)]
    ) throws {
        for other in others where other.count != count {
            throw ShardError(
                .inconsistent, path: path,
                "'\(name)' has \(count) entries, '\(other.name)' has \(other.count)")
        }
    }
}
