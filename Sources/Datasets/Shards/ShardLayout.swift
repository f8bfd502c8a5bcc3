import Imaging

/// The names and sizes of shard format versions 1 and 2, which `Documentation/shards.md` specifies.
enum ShardLayout {
    static let format = "think2seg-shard"
    /// The version of a shard without anything that version 2 added.
    static let plainVersion: Int64 = 1
    /// The newest version.
    static let version: Int64 = 2

    /// Attributes of the root.
    enum Attribute {
        static let format = "format"
        static let version = "version"
        static let dataset = "dataset"
        static let split = "split"
        static let stretch = "stretch"
        static let labelValues = "label_values"
        static let ignoreValues = "ignore_values"
        static let threshold = "threshold"
        static let exif = "exif"
        static let resizedMasks = "resize_masks"
    }

    /// Groups of byte strings: `bytes` of all, one after another, and `offsets` to tell them
    /// apart; where a sample has a list of them, `samples` has the lists' bounds.
    enum Group {
        static let ids = "ids"
        static let images = "images"
        static let masks = "masks"
        static let ignored = "ignored"
        static let questions = "questions"
        static let answers = "answers"
        static let instances = "instances"
        static let instanceClasses = "instances/classes"
        static let instanceMasks = "instances/masks"
    }

    static let bytes = "/bytes"
    static let offsets = "/offsets"
    static let samples = "/samples"

    /// Arrays with one number per sample.
    enum Column {
        static let width = "width"
        static let height = "height"
        static let imageFormat = "image_format"
        static let emptyTarget = "empty_target"
        static let checksum = "crc32c"
        static let orientation = "orientation"
    }

    /// Arrays with one row per instance.
    enum InstanceColumn {
        static let boxes = "instances/boxes"
        static let isTarget = "instances/is_target"
    }

    /// The paths of every group and array that a shard can have.
    ///
    /// What else is in a file is not looked at.
    static let paths: Set<String> = {
        let lists = [Group.questions, Group.answers, Group.instances]
        let strings = [
            Group.ids, Group.images, Group.masks, Group.ignored, Group.questions, Group.answers,
            Group.instanceClasses, Group.instanceMasks,
        ]
        return Set(
            strings + strings.flatMap { [$0 + bytes, $0 + offsets] } + lists
                + lists.map { $0 + samples } + [
                    Column.width, Column.height, Column.imageFormat, Column.emptyTarget,
                    Column.checksum, Column.orientation, InstanceColumn.boxes,
                    InstanceColumn.isTarget,
                ])
    }()

    /// Rows that are stored together.
    ///
    /// Pictures are read in a few pieces; a shard of a few samples wastes at most the ends of some
    /// small chunks.
    enum Chunk {
        static let pictures = 65536
        static let text = 8192
        static let numbers = 1024
    }
}

extension ImageFormat {
    /// The number that stands for the format in a shard.
    var code: UInt8 {
        switch self {
        case .png: 0
        case .jpeg: 1
        }
    }

    /// The format that `code` stands for.
    init?(code: UInt8) {
        switch code {
        case 0: self = .png
        case 1: self = .jpeg
        default: return nil
        }
    }
}
