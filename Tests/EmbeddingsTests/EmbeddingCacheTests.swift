import EndToEndTestSupport
import FilesTestSupport
import Foundation
import Imaging
import NN
import PromptedMasks
import SAM2
import Segmentation
import Testing
import Torch

@testable import Embeddings

extension EndToEnd {
    /// Embeddings that are kept: never others than the segmenter would compute, and computed once.
    @Suite(.serialized) struct EmbeddingCacheTests {
        private static let pictures = (0..<5).map { gradientPicture(side: 64, shift: 50 * $0) }
        private static let checkpoint = "checkpoint of the tests"
        private let segmenter: SAM2Segmenter

        init() throws {
            try TorchRuntime.setThreadCount(1)
            segmenter = try Self.segmenter()
        }

        private static func segmenter(_ dtype: DType = .float32) throws -> SAM2Segmenter {
            try SAM2Segmenter.load(
                path: try EndToEndFixture.shared.get().segmenter, dtype: dtype, device: .cpu)
        }

        /// Counts what goes through the image encoder; used from several threads.
        private final class Counter: @unchecked Sendable {
            private let lock = NSLock()
            private var number = 0
            var count: Int { lock.withLock { number } }
            func add() { lock.withLock { number += 1 } }
        }

        private struct Cached {
            let segmenter: CachedSegmenter
            let counter = Counter()

            init(
                _ sam: SAM2Segmenter, memory: Int = 0, disk: Int = 0, path: String? = nil,
                checkpoint: String = EmbeddingCacheTests.checkpoint
            ) {
                var settings = EmbeddingCacheSettings()
                (settings.memoryMegabytes, settings.diskMegabytes, settings.path) = (
                    memory, disk, path
                )
                let counter = counter
                segmenter = CachedSegmenter(
                    sam, settings, checkpoint: checkpoint, eviction: .none
                ) {
                    counter.add()
                    return try sam.features($0)
                }
            }

            func answers() throws -> [[Float]] {
                try pictures.map { try numbers(segmenter.encode($0)) }
            }
        }

        /// All that the segmenter says about one prompt, every bit of it.
        private static func numbers(_ image: any SegmenterImage) throws -> [Float] {
            let image = try #require(image as? PromptedImage)
            let answer = try image.predict(
                SegmentationPrompt(box: Box(x1: 8, y1: 9, x2: 40, y2: 50)), in: .square(64),
                multimask: true, output: .square(64))
            return try answer.logits.floats + answer.predictedIoU + [answer.objectScore]
        }

        private func expected(_ sam: SAM2Segmenter) throws -> [[Float]] {
            try Self.pictures.map { try Self.numbers(sam.encode($0)) }
        }

        private func embeddings(_ folder: String) throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                .map { "\(folder)/\($0)" }
        }

        // MARK: - What is found

        @Test("A layout says shapes and element type of the features as a model makes them")
        func layout() throws {
            for sam in [segmenter, try Self.segmenter(.bfloat16)] {
                let features = try sam.features(Self.pictures[0])
                let layout = FeatureLayout(sam.model.configuration, dtype: sam.model.dtype)
                let levels = [features.embedding, features.middle, features.fine]
                #expect(layout.shapes == levels.map(\.shape))
                #expect(levels.allSatisfy { $0.dtype == layout.dtype })
                #expect(layout.byteCount == features.byteCount)
            }
            #expect(FeatureLayout(SAM2Configuration.tiny, dtype: .float32).byteCount == 16_777_216)
            #expect(FeatureLayout(SAM2Configuration.large, dtype: .bfloat16).byteCount == 8_388_608)
        }

        @Test(
            "A second pass computes nothing, and both answer as the segmenter does, to the bit",
            arguments: [DType.float32, .bfloat16], [true, false])
        func secondPass(dtype: DType, inMemory: Bool) throws {
            let sam = try Self.segmenter(dtype)
            try withFolder { folder in
                let cached = Cached(
                    sam, memory: inMemory ? 100 : 0, disk: inMemory ? 0 : 100, path: folder + "/a/b"
                )
                let expected = try expected(sam)
                #expect(try cached.answers() == expected)
                #expect(cached.counter.count == 5)
                #expect(try cached.answers() == expected)
                #expect(cached.counter.count == 5)
                let found = cached.segmenter.takeStatistics()
                #expect(found.requests == 10 && found.encoded == 5 && found.hitRate == 0.5)
                #expect(found.memoryHits == (inMemory ? 5 : 0))
                #expect(found.diskHits == (inMemory ? 0 : 5))
                #expect(found.encoderSeconds > 0)
                #expect(cached.segmenter.takeStatistics() == EmbeddingStatistics())
                #expect(exists(folder + "/a/b") == !inMemory)
            }
        }

        @Test("Without memory and disk every picture is computed, and that is counted")
        func off() throws {
            let cached = Cached(segmenter)
            #expect(try cached.answers() == expected(segmenter))
            _ = try cached.answers()
            let found = cached.segmenter.takeStatistics()
            #expect(cached.counter.count == 10 && found.encoded == 10 && found.hitRate == 0)
            #expect(found.encoderSeconds > 0)
        }

        @Test("What another process wrote is found, in whatever order, and goes to memory")
        func otherProcess() throws {
            try withFolder { folder in
                #expect(try Cached(segmenter, disk: 100, path: folder).answers().count == 5)
                let later = Cached(segmenter, memory: 100, disk: 100, path: folder)
                #expect(try later.answers() == expected(segmenter))
                for file in try embeddings(folder) {
                    try FileManager.default.removeItem(atPath: file)
                }
                #expect(try later.answers() == expected(segmenter))
                #expect(later.counter.count == 0)
                let found = later.segmenter.takeStatistics()
                #expect(found.diskHits == 5 && found.memoryHits == 5 && found.hitRate == 1)
            }
        }

        @Test(
            "Another checkpoint, element type, processing, thread count or picture is another key")
        func keys() throws {
            func key(
                _ sam: SAM2Segmenter, _ image: RGBImage = Self.pictures[0],
                checkpoint: String = Self.checkpoint
            ) -> EmbeddingKey {
                EmbeddingKeys(sam, checkpoint: checkpoint).key(image)
            }
            func processed(_ change: (inout PromptedImageProcessor) -> Void) -> EmbeddingKey {
                var processor = segmenter.processor
                change(&processor)
                return key(SAM2Segmenter(model: segmenter.model, processor: processor))
            }
            let picture = Self.pictures[0]
            var changed = picture
            changed.pixels[changed.pixels.count - 1] ^= 1
            let wide = RGBImage(width: 128, height: 32, pixels: picture.pixels)
            try TorchRuntime.setThreadCount(2)
            let twoThreads = key(segmenter)
            try TorchRuntime.setThreadCount(1)
            let all = [
                key(segmenter), key(segmenter, checkpoint: "other"),
                key(try Self.segmenter(.bfloat16)),
                processed { $0.imageSize = 128 }, processed { $0.resizing = .bytes },
                processed { $0.mean[2] += 1e-9 }, processed { $0.deviation[0] += 1e-9 },
                twoThreads, key(segmenter, changed), key(segmenter, wide),
            ]
            #expect(Set(all).count == all.count)
            #expect(key(segmenter) == all[0] && all[0].digits.count == 64)
            // How prompts are batched changes no embedding.
            #expect(key(SAM2Segmenter(model: segmenter.model, promptsPerCall: 1)) == all[0])
        }

        // MARK: - What is on the disk

        @Test(
            "A file that is cut short, damaged, renamed or foreign is computed again and replaced, and told of once",
            arguments: ["cut", "bit", "header", "renamed", "foreign", "empty"])
        func damaged(how: String) throws {
            try withFolder { folder in
                _ = try Cached(segmenter, disk: 100, path: folder).answers()
                let before = try files(folder)
                let names = try embeddings(folder)
                let whole = try contents(names[0])
                for name in names {
                    var bytes = try contents(name)
                    switch how {
                    case "cut": bytes = bytes.prefix(bytes.count - 4)
                    case "bit": bytes[bytes.count - 1000] ^= 1
                    case "header": bytes[8] ^= 1
                    case "renamed": bytes = name == names[0] ? try contents(names[1]) : whole
                    case "foreign": bytes = Data("mine".utf8)
                    default: bytes = Data()
                    }
                    try bytes.write(to: URL(fileURLWithPath: name))
                }
                let again = Cached(segmenter, disk: 100, path: folder)
                #expect(try again.answers() == expected(segmenter))
                #expect(again.counter.count == 5)
                let notes = again.segmenter.takeNotes()
                #expect(notes.count == 1 && notes[0].contains(folder) && notes[0].contains("again"))
                #expect(again.segmenter.takeNotes().isEmpty)
                #expect(try files(folder) == before)
            }
        }

        @Test(
            "A folder that is full or cannot be written costs a note, and nothing is half written")
        func full() throws {
            try withFolder { folder in
                // Three of five fit into one MB.
                let layout = FeatureLayout(segmenter.model.configuration, dtype: .float32)
                #expect((1_000_000 / 4..<1_000_000 / 3).contains(layout.byteCount))
                let small = Cached(segmenter, disk: 1, path: folder + "/small")
                #expect(try small.answers() == expected(segmenter))
                _ = try small.answers()
                #expect(try embeddings(folder + "/small").count == 3 && small.counter.count == 7)
                let notes = small.segmenter.takeNotes()
                #expect(notes.count == 1 && notes[0].contains("disk_mb is 1"))
                // Whoever comes later counts what is there.
                let later = Cached(segmenter, disk: 1, path: folder + "/small")
                _ = try later.answers()
                #expect(later.counter.count == 2 && later.segmenter.takeNotes().count == 1)

                try Data("mine".utf8).write(to: URL(fileURLWithPath: folder + "/file"))
                let blocked = Cached(
                    segmenter, memory: 100, disk: 100, path: folder + "/file/inner")
                #expect(try blocked.answers() == expected(segmenter))
                let told = blocked.segmenter.takeNotes()
                #expect(told.count == 1 && told[0].contains("could not be written"))
                #expect(told[0].contains("which goes on"))
                _ = try blocked.answers()
                #expect(blocked.counter.count == 5 && blocked.segmenter.takeNotes().isEmpty)
            }
        }

        @Test("What a killed process left half written goes after an hour, and not before")
        func leftOver() throws {
            try withFolder { folder in
                let names = ["old.partial-1", "old.partial-2.tmp-3", "new.partial-4", "mine.txt"]
                for name in names {
                    let file = "\(folder)/\(name)"
                    try Data("half".utf8).write(to: URL(fileURLWithPath: file))
                    if name.hasPrefix("new") { continue }
                    try FileManager.default.setAttributes(
                        [.modificationDate: Date(timeIntervalSinceNow: -7200)], ofItemAtPath: file)
                }
                _ = try Cached(segmenter, disk: 100, path: folder).answers()
                let left = try files(folder).keys.filter { !$0.hasSuffix(".safetensors") }
                #expect(left.sorted() == ["mine.txt", "new.partial-4"])
            }
        }

        // MARK: - Threads

        @Test("Of threads that ask for one picture at once, one computes, and all get its features")
        func threads() throws {
            let sam = segmenter
            let expected = try expected(sam)
            for memory in [0, 100] {
                try withFolder { folder in
                    let cached = Cached(sam, memory: memory, disk: 100, path: folder)
                    let pool = WorkerPool(count: 4)
                    let found = try pool.map(40) { job, _ in
                        try Self.numbers(cached.segmenter.encode(Self.pictures[job / 4 % 5]))
                    }
                    for (job, answer) in found.enumerated() {
                        #expect(answer == expected[job / 4 % 5], "job \(job)")
                    }
                    #expect(cached.counter.count == 5)
                    #expect(cached.segmenter.takeStatistics().requests == 40)
                    #expect(cached.segmenter.takeNotes().isEmpty)
                }
            }
        }

        @Test(
            "Caches that write the same files at once, as runs that share a folder do, stay right")
        func sharedFolder() throws {
            let sam = segmenter
            let expected = try expected(sam)
            try withFolder { folder in
                let pool = WorkerPool(count: 4)
                let caches = (0..<4).map { _ in Cached(sam, disk: 100, path: folder) }
                let found = try pool.map(40) { job, worker in
                    try Self.numbers(caches[worker].segmenter.encode(Self.pictures[job / 4 % 5]))
                }
                for (job, answer) in found.enumerated() { #expect(answer == expected[job / 4 % 5]) }
                #expect(caches.allSatisfy { $0.segmenter.takeNotes().isEmpty })
                #expect(try embeddings(folder).count == 5)
            }
        }

        @Test("A failure of the encoder is thrown, kept nowhere, and tried again")
        func failure() throws {
            struct Failure: Error {}
            let sam = segmenter
            let counter = Counter()
            let cached = CachedSegmenter(
                sam, EmbeddingCacheSettings(), checkpoint: "", eviction: .none
            ) {
                counter.add()
                if counter.count == 1 { throw Failure() }
                return try sam.features($0)
            }
            #expect(throws: Failure.self) { try cached.encode(Self.pictures[0]) }
            #expect(
                try Self.numbers(cached.encode(Self.pictures[0]))
                    == Self.numbers(sam.encode(Self.pictures[0])))
            #expect(counter.count == 2)
        }
    }
}
