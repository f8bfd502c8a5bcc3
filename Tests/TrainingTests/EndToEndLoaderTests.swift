import Datasets
import EndToEndTestSupport
import FilesTestSupport
import Foundation
import Imaging
import PolicyFamilies
import RLTrainer
import Settings
import Shards
import Testing
import Torch
import TrainingTestSupport
import VisionLanguage

@testable import Policies
@testable import Training

extension EndToEnd {
    /// Loading ahead on several threads: what is loaded does not depend on it.
    @Suite struct LoaderTests {
        private let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        /// What comes from a source: an example, or the id of a sample that is bad.
        private enum Found: Equatable {
            case example(id: String, question: String, image: RGBImage, truth: BinaryMask)
            case bad(String)
        }

        private func found(
            _ shard: String, workers: Int, prefetch: Int, count: Int
        ) throws -> [Found] {
            var configuration = fixture.configuration(output: "")
            configuration.data.workers = workers
            configuration.data.prefetch = prefetch
            configuration.data.train = [shard]
            let data = try TrainingData(
                configuration, dataset: ShardedDataset(paths: [shard]),
                prompts: fixture.loadPolicy().prompts)
            return try (0..<count).map { _ in
                do {
                    let example = try data.next()
                    return .example(
                        id: example.id, question: example.question, image: example.image,
                        truth: example.truth)
                } catch let error as BadSampleError {
                    return .bad(error.sampleID)
                }
            }
        }

        @Test("Examples, and samples that are bad, come in one order whatever the threads")
        func order() throws {
            try withFolder { folder in
                let path = folder + "/damaged.h5"
                var data = try contents(fixture.shard)
                let sample = try ShardReader(path: fixture.shard).sample(at: 1)
                let place = try #require(data.range(of: Data(sample.image)))
                data[place.lowerBound + sample.image.count / 2] ^= 0x10
                try data.write(to: URL(fileURLWithPath: path))
                let one = try found(path, workers: 1, prefetch: 1, count: 13)
                #expect(one.filter { $0 == .bad(sample.id) }.count >= 3)
                for (workers, prefetch) in [(1, 8), (2, 2), (3, 16), (8, 4)] {
                    #expect(
                        try found(path, workers: workers, prefetch: prefetch, count: 13) == one)
                }
            }
        }

        @Test("A prompt that was made ahead is the policy's own, to the last bit")
        func prompts() throws {
            let policy = try fixture.loadPolicy()
            for side in [56, 84, 100] {
                var configuration = fixture.configuration(output: "")
                configuration.data.imageSize = side
                let data = try TrainingData(
                    configuration, dataset: ShardedDataset(paths: [fixture.shard]),
                    prompts: policy.prompts)
                for _ in 0..<4 {
                    let example = try data.next()
                    let ready = try #require(example.prompt as? VisionLanguagePolicy.Prompt)
                    let own = try policy.prompt(image: example.image, question: example.question)
                    #expect(ready.input.tokenIDs == own.input.tokenIDs)
                    #expect(ready.input.grids == own.input.grids && ready.frame == own.frame)
                    let (one, other) = (
                        try #require(ready.input.patches), try #require(own.input.patches)
                    )
                    #expect(try one.isEqual(to: other))
                }
            }
        }

        @Test("A run with several loading threads writes the bytes of a run with one")
        func sameBytes() throws {
            try withFolder { folder in
                func weights(_ name: String, workers: Int) throws -> Data {
                    var configuration = fixture.cheapConfiguration(output: folder + "/" + name)
                    configuration.data.workers = workers
                    try train(configuration)
                    return try contents(
                        folder + "/" + name + "/checkpoints/step-3/policy/model.safetensors")
                }
                let (one, three) = (
                    try weights("one", workers: 1), try weights("three", workers: 3)
                )
                #expect(one == three)
            }
        }
    }
}
