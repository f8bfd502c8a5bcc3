import Datasets
import EndToEndTestSupport
import FilesTestSupport
import Foundation
import Importers
import NewModels
import Scenes
import Shards
import Testing

extension EndToEnd {
    @Suite struct DataTests {
        private func samples(_ path: String) throws -> [String: SegmentationSample] {
            let shard = try ShardReader(path: path)
            let samples = try (0..<shard.count).map { try shard.sample(at: $0) }
            return Dictionary(uniqueKeysWithValues: samples.map { ($0.id, $0) })
        }

        @Test("Scenes written as EarthReason's folders are imported as the shards have them")
        func layouts() throws {
            try withFolder { folder in
                var recipe = SynthesisRecipe(output: folder + "/shards", count: 6)
                recipe.validationCount = 2
                recipe.scenes.side = 96
                recipe.scenes.noTargetShare = 0.5
                let direct = try recipe.run()
                #expect(direct.samples == 8 && (1...7).contains(direct.emptyTargets))
                recipe.output = folder + "/folders"
                recipe.layout = .earthreason
                let folders = try recipe.run()
                #expect(folders.emptyTargets == direct.emptyTargets)
                let report = try EarthReasonImporter(source: folder + "/folders", strict: true)
                    .run(output: folder + "/imported")
                #expect(report.rejected == 0 && report.splits.allSatisfy(\.problems.isEmpty))
                for (split, count) in [("train", 6), ("val", 2)] {
                    let one = try samples("\(folder)/shards/\(split).h5")
                    let other = try samples("\(folder)/imported/\(split).h5")
                    #expect(one.count == count && one.keys.sorted() == other.keys.sorted())
                    for (id, sample) in one {
                        // Which object is which has no place in the folders.
                        var expected = sample
                        expected.instances = nil
                        #expect(other[id] == expected, "\(id)")
                    }
                }
            }
        }

        @Test("The same seed draws the same shard to the byte, another one other scenes")
        func seeds() throws {
            try withFolder { folder in
                func draw(_ name: String, seed: UInt64) throws -> Data {
                    var recipe = SynthesisRecipe(output: "\(folder)/\(name)", count: 2)
                    recipe.scenes.side = 64
                    recipe.seed = seed
                    let paths = try recipe.run().paths
                    #expect(paths == ["\(folder)/\(name)/train.h5"])
                    return try contents(paths[0])
                }
                let one = try draw("one", seed: 3)
                #expect(try draw("two", seed: 3) == one)
                #expect(try draw("three", seed: 4) != one)
            }
        }
    }
}
