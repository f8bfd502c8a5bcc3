import HDF5
import Imaging

/// Writes byte strings one after another, and where each ends.
private struct BlobColumn {
    private var bytes: HDF5Column<UInt8>
    private var offsets: HDF5Column<Int64>

    init(_ file: HDF5File, group: String, chunk: Int) throws {
        try file.createGroup(group)
        bytes = try file.column(group + ShardLayout.bytes, chunk: chunk)
        offsets = try file.column(group + ShardLayout.offsets, chunk: ShardLayout.Chunk.numbers)
        try offsets.append([0])
    }

    /// How many byte strings there are.
    var count: Int { offsets.count - 1 }

    mutating func append(_ blob: [UInt8]) throws {
        try bytes.append(blob)
        try offsets.append([Int64(bytes.count)])
    }

    mutating func finish() throws {
        try bytes.finish()
        try offsets.finish()
    }
}

/// Writes a list of texts per sample.
private struct TextListColumn {
    private var texts: BlobColumn
    private var samples: HDF5Column<Int64>

    init(_ file: HDF5File, group: String) throws {
        texts = try BlobColumn(file, group: group, chunk: ShardLayout.Chunk.text)
        samples = try file.column(group + ShardLayout.samples, chunk: ShardLayout.Chunk.numbers)
        try samples.append([0])
    }

    mutating func append(_ list: [[UInt8]]) throws {
        for text in list { try texts.append(text) }
        try samples.append([Int64(texts.count)])
    }

    mutating func finish() throws {
        try texts.finish()
        try samples.finish()
    }
}

/// Writes the optional group of instances.
private struct InstanceColumns {
    private var classes: BlobColumn
    private var masks: BlobColumn
    private var boxes: HDF5Column<Double>
    private var isTarget: HDF5Column<UInt8>
    private var samples: HDF5Column<Int64>

    init(_ file: HDF5File) throws {
        let group = ShardLayout.Group.instances
        let chunk = ShardLayout.Chunk.numbers
        try file.createGroup(group)
        classes = try BlobColumn(
            file, group: ShardLayout.Group.instanceClasses, chunk: ShardLayout.Chunk.text)
        masks = try BlobColumn(
            file, group: ShardLayout.Group.instanceMasks, chunk: ShardLayout.Chunk.text)
        boxes = try file.column(ShardLayout.InstanceColumn.boxes, columns: 4, chunk: chunk)
        isTarget = try file.column(ShardLayout.InstanceColumn.isTarget, chunk: chunk)
        samples = try file.column(group + ShardLayout.samples, chunk: chunk)
        try samples.append([0])
    }

    mutating func append(_ instances: [ShardRecord.Instance]) throws {
        for instance in instances {
            try classes.append(instance.className)
            try masks.append(instance.mask)
            try boxes.append(instance.box)
            try isTarget.append([instance.isTarget])
        }
        try samples.append([Int64(isTarget.count)])
    }

    mutating func finish() throws {
        try classes.finish()
        try masks.finish()
        try boxes.finish()
        try isTarget.finish()
        try samples.finish()
    }
}

/// Writes what version 2 added, each from the first sample on that has it.
private struct AddedColumns {
    private var ignored: BlobColumn?
    private var orientation: HDF5Column<UInt8>?

    /// Whether a sample had any of it.
    var isUsed: Bool { ignored != nil || orientation != nil }

    /// Adds a sample, before which there are `count`.
    mutating func append(_ record: ShardRecord, after count: Int, to file: HDF5File) throws {
        typealias Chunk = ShardLayout.Chunk
        if ignored == nil, !record.ignored.isEmpty {
            ignored = try BlobColumn(
                file, group: ShardLayout.Group.ignored, chunk: Chunk.pictures)
            for _ in 0..<count { try ignored?.append([]) }
        }
        let upright = ImageOrientation.upright.rawValue
        if orientation == nil, record.orientation != upright {
            orientation = try file.column(ShardLayout.Column.orientation, chunk: Chunk.numbers)
            try orientation?.append([UInt8](repeating: upright, count: count))
        }
        try ignored?.append(record.ignored)
        try orientation?.append([record.orientation])
    }

    mutating func finish() throws {
        try ignored?.finish()
        try orientation?.finish()
    }
}

/// Everything that a shard stores about its samples, as it is being written.
struct ShardColumns {
    private let file: HDF5File
    private var ids: BlobColumn
    private var images: BlobColumn
    private var masks: BlobColumn
    private var questions: TextListColumn
    private var answers: TextListColumn
    private var width: HDF5Column<Int32>
    private var height: HDF5Column<Int32>
    private var imageFormat: HDF5Column<UInt8>
    private var emptyTarget: HDF5Column<UInt8>
    private var checksum: HDF5Column<UInt32>
    private var instances: InstanceColumns?
    private var added = AddedColumns()

    /// Whether a sample had something that version 1 has no place for.
    var needsNewVersion: Bool { added.isUsed }

    /// Creates the arrays of an empty shard.
    init(_ file: HDF5File, withInstances: Bool) throws {
        typealias Group = ShardLayout.Group
        typealias Chunk = ShardLayout.Chunk
        self.file = file
        ids = try BlobColumn(file, group: Group.ids, chunk: Chunk.text)
        images = try BlobColumn(file, group: Group.images, chunk: Chunk.pictures)
        masks = try BlobColumn(file, group: Group.masks, chunk: Chunk.pictures)
        questions = try TextListColumn(file, group: Group.questions)
        answers = try TextListColumn(file, group: Group.answers)
        width = try file.column(ShardLayout.Column.width, chunk: Chunk.numbers)
        height = try file.column(ShardLayout.Column.height, chunk: Chunk.numbers)
        imageFormat = try file.column(ShardLayout.Column.imageFormat, chunk: Chunk.numbers)
        emptyTarget = try file.column(ShardLayout.Column.emptyTarget, chunk: Chunk.numbers)
        checksum = try file.column(ShardLayout.Column.checksum, chunk: Chunk.numbers)
        instances = withInstances ? try InstanceColumns(file) : nil
    }

    /// Adds a sample; it has instances if and only if the shard has them.
    mutating func append(_ record: ShardRecord) throws {
        try added.append(record, after: checksum.count, to: file)
        try ids.append(record.id)
        try images.append(record.image)
        try masks.append(record.mask)
        try questions.append(record.questions)
        try answers.append(record.answers)
        try width.append([record.width])
        try height.append([record.height])
        try imageFormat.append([record.format])
        try emptyTarget.append([record.emptyTarget])
        try checksum.append([record.checksum])
        try instances?.append(record.instances ?? [])
    }

    /// Writes what was held back; nothing is appended after that.
    mutating func finish() throws {
        try ids.finish()
        try images.finish()
        try masks.finish()
        try questions.finish()
        try answers.finish()
        try width.finish()
        try height.finish()
        try imageFormat.finish()
        try emptyTarget.finish()
        try checksum.finish()
        try instances?.finish()
        try added.finish()
    }
}

extension HDF5File {
    fileprivate func column<Element: HDF5Element>(
        _ name: String, columns: Int? = nil, chunk: Int
    ) throws -> HDF5Column<Element> {
        HDF5Column(
            try createArray(name, of: Element.self, columns: columns, chunk: chunk), chunk: chunk)
    }
}
