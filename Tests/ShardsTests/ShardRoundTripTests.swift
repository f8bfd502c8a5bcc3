import Datasets
import DatasetsTestSupport
import Foundation
import Imaging
import Testing

@testable import Shards

@Suite struct ShardRoundTripTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("a sample comes out of a shard as it went in, in any order of reading")
    func roundTrip() throws {
        var samples = try (0..<12).map {
            try makeSample($0, width: 5 + $0, height: 9, jpeg: $0 % 2 == 1, empty: $0 % 4 == 0)
        }
        // More than a chunk of pictures, of texts and of masks.
        samples.append(try makeSample(99, width: 301, height: 407))
        samples[3].questions = (0..<300).map { "question \($0) that is long enough to fill" }
        let path = folder.file("tiny.h5")
        try writeShard(samples, to: path)

        let reader = try ShardReader(path: path)
        #expect(reader.count == 13)
        for index in samples.indices.reversed() {
            #expect(try reader.sample(at: index) == samples[index])
            #expect(reader.id(at: index) == samples[index].id)
            #expect(reader.isEmptyTarget(at: index) == samples[index].isEmptyTarget)
        }
        #expect(reader.verify() == [])
    }

    @Test("instance truth is kept with classes, boxes, masks and target flags")
    func instances() throws {
        let samples = try (0..<7).map {
            try makeSample($0, empty: $0 % 2 == 0, instances: true)
        }
        let path = folder.file("scenes.h5")
        try writeShard(samples, to: path)
        let reader = try ShardReader(path: path)
        for index in samples.indices { #expect(try reader.sample(at: index) == samples[index]) }
        #expect(reader.summary.instances == samples.reduce(0) { $0 + ($1.instances?.count ?? 0) })
    }

    @Test("the same samples give the same bytes, whatever memory held before")
    func determinism() throws {
        let samples = try (0..<5).map { try makeSample($0, instances: true) }
        let first = folder.file("first.h5")
        let second = folder.file("a-longer-name.h5")
        try writeShard(samples, to: first)
        // Other contents leave other garbage in the library's free lists.
        try writeShard([makeSample(77, width: 200, height: 300)], to: folder.file("other.h5"))
        try writeShard(samples, to: second)
        let bytes = try readBytes(first)
        #expect(try bytes == readBytes(second))
        // A second later another time would be stored: a message of kind 18, eight bytes, version 1.
        let data = Data(bytes)
        for flags in 0..<8 as Range<UInt8> {
            let time = Data([18, 0, 8, 0, flags, 0, 0, 0, 1, 0, 0, 0])
            #expect(data.range(of: time) == nil)
        }
    }

    @Test("the summary counts what the shard holds")
    func summary() throws {
        let samples = try (0..<6).map { try makeSample($0, width: 10 + $0, empty: $0 < 2) }
        let path = folder.file("tiny.h5")
        try writeShard(samples, to: path)
        let summary = try ShardReader(path: path).summary
        #expect(summary.dataset == "Tiny" && summary.split == "train")
        #expect(summary.samples == 6 && summary.emptyTargets == 2)
        #expect(summary.questions == 1 + 2 + 3 + 4 + 1 + 2)
        #expect(summary.answers == samples.reduce(0) { $0 + $1.answers.count })
        #expect(summary.imageBytes == samples.reduce(0) { $0 + $1.image.count })
        #expect(summary.smallestFrame.width == 10 && summary.largestFrame.width == 15)
        #expect(summary.instances == nil)
    }

    @Test("nothing but the finished shard is ever left in the folder")
    func atomicity() throws {
        let path = folder.file("tiny.h5")
        do {
            let writer = try ShardWriter(path: path, dataset: "Tiny", split: "train")
            try writer.append(makeSample(1))
            #expect(!folder.files.contains("tiny.h5") && folder.files.count == 1)
        }
        #expect(folder.files.isEmpty)
        let empty = try ShardWriter(path: path, dataset: "Tiny", split: "train")
        #expect(throws: ShardError.self) { try empty.finish() }
        #expect(folder.files.isEmpty)
        try writeShard([makeSample(1)], to: path)
        #expect(folder.files == ["tiny.h5"])
    }

    @Test("a finished shard takes no more samples, and cannot be finished twice")
    func finishedWriter() throws {
        let path = folder.file("tiny.h5")
        let writer = try ShardWriter(path: path, dataset: "Tiny", split: "train")
        try writer.append(makeSample(1))
        try writer.finish()
        #expect(throws: ShardError.self) { try writer.append(makeSample(2)) }
        #expect(throws: ShardError.self) { try writer.finish() }
        #expect(try ShardReader(path: path).count == 1)
    }

    @Test("a shard cannot be begun in a folder that is not there")
    func missingFolder() throws {
        let path = folder.file("nowhere/tiny.h5")
        let error = try #require(throws: ShardError.self) {
            try ShardWriter(path: path, dataset: "Tiny", split: "train")
        }
        #expect(error.kind == .cannotWrite)
        #expect(error.description.contains("No such file or directory"))
    }

    @Test("a sample that contradicts itself is refused by name, and the writer goes on")
    func invalidSamples() throws {
        let path = folder.file("tiny.h5")
        let writer = try ShardWriter(path: path, dataset: "Tiny", split: "train")
        try writer.append(makeSample(1))
        var wrongMask = try makeSample(2)
        wrongMask.mask = BinaryMask(width: 9, height: 13)
        var wrongFrame = try makeSample(3)
        wrongFrame.frame = ImageFrame(width: 9, height: 13)
        var wrongFormat = try makeSample(4)
        wrongFormat.format = .jpeg
        var noQuestion = try makeSample(5)
        noQuestion.questions = []
        var noImage = try makeSample(6)
        noImage.image = Array("text".utf8)
        let withInstances = try makeSample(7, instances: true)
        for bad in [wrongMask, wrongFrame, wrongFormat, noQuestion, noImage, withInstances] {
            let error = try #require(throws: ShardError.self) { try writer.append(bad) }
            #expect(error.kind == .invalidSample && error.id == bad.id)
        }
        let twice = try #require(throws: ShardError.self) { try writer.append(makeSample(1)) }
        #expect(twice.kind == .duplicateID && twice.id == "sample-1")
        try writer.append(makeSample(8))
        try writer.finish()
        #expect(try ShardReader(path: path).count == 2)
    }

    @Test("several shards are one list in the order of their paths")
    func sharded() throws {
        let samples = try (0..<6).map { try makeSample($0) }
        let paths = ["b.h5", "a.h5", "c.h5"].map(folder.file)
        try writeShard(Array(samples[0..<1]), to: paths[0])
        try writeShard(Array(samples[1..<5]), to: paths[1])
        try writeShard(Array(samples[5..<6]), to: paths[2])
        let dataset = try ShardedDataset(paths: paths)
        #expect(dataset.count == 6)
        for index in samples.indices {
            #expect(dataset.id(at: index) == samples[index].id)
            #expect(try dataset.sample(at: index) == samples[index])
            #expect(dataset.index(ofID: samples[index].id) == index)
        }
        #expect(dataset.index(ofID: "nobody") == nil)
    }

    @Test("an id in two shards is an error that names both files")
    func duplicateAcrossShards() throws {
        try writeShard([makeSample(1), makeSample(2)], to: folder.file("one.h5"))
        try writeShard([makeSample(3), makeSample(2)], to: folder.file("two.h5"))
        let error = try #require(throws: ShardError.self) {
            try ShardedDataset(paths: ["one.h5", "two.h5"].map(folder.file))
        }
        #expect(error.kind == .duplicateID && error.id == "sample-2" && error.index == 1)
        #expect(error.description.contains("one.h5") && error.description.contains("two.h5"))
    }

    @Test("threads may read shards at the same time")
    func concurrentReading() async throws {
        let samples = try (0..<8).map { try makeSample($0) }
        let path = folder.file("tiny.h5")
        try writeShard(samples, to: path)
        let readers = try (0..<4).map { _ in try ShardReader(path: path) }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for reader in readers {
                group.addTask {
                    try (0..<40).allSatisfy { try reader.sample(at: $0 % 8) == samples[$0 % 8] }
                }
            }
            for try await equal in group { #expect(equal) }
        }
    }
}
