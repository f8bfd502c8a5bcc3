import Embeddings
import Evaluating
import Evaluation
import Files
import Foundation
import Imaging
import NewModels
import Policies
import RLTrainer
import Scenes
import Segmentation
import Settings
import TestSupport
import Testing
import Torch
import Training

/// The tiny end-to-end tier: real models with random weights, real files, a few steps.
///
/// One suite at a time, because runs set libtorch's thread count.
@Suite(.serialized) enum EndToEnd {}

/// Models and shards that all tests share; made by the first one, removed with the process.
struct EndToEndFixture: Sendable {
    let policy: String
    let segmenter: String
    let shard: String
    /// A picture that is not square, 120 × 90.
    let picture: String

    static let root = NSTemporaryDirectory() + "think2seg-\(UUID().uuidString)"

    static let shared = Result { try EndToEndFixture() }

    private init() throws {
        atexit { try? FileManager.default.removeItem(atPath: EndToEndFixture.root) }
        policy = Self.root + "/policy"
        segmenter = Self.root + "/segmenter"
        shard = Self.root + "/shards/train.h5"
        picture = Self.root + "/picture.png"
        try EmbeddedModels.writePolicy(to: policy, seed: 7)
        try EmbeddedModels.writeSegmenter(to: segmenter, seed: 8)
        var scenes = SynthesisRecipe(output: Self.root + "/shards", count: 4)
        scenes.scenes.side = 64
        _ = try scenes.run()
        let image = RGBImage(
            width: 120, height: 90,
            pixels: (0..<120 * 90).flatMap { place -> [UInt8] in
                let (x, y) = (place % 120, place / 120)
                return (30..<80).contains(x) && (20..<60).contains(y)
                    ? [220, 40, 40] : [UInt8(x), UInt8(2 * y), 90]
            })
        try ImageCodec.write(ImageCodec.encodePNG(image), path: picture)
    }

    /// Three steps on the shared models, into `output`.
    func configuration(output: String) -> RunConfiguration {
        var result = RunConfiguration()
        result.outputDirectory = output
        result.threads = 2
        result.policy.path = policy
        result.segmenter.path = segmenter
        result.data.train = [shard]
        result.data.imageSize = 56
        result.grpo.numGenerations = 3
        result.grpo.promptsPerStep = 2
        result.grpo.sampling.maxCompletionLength = 12
        result.training.maxSteps = 3
        result.logging.saveSteps = 0
        return result
    }

    /// Three steps of few tokens that move the weights, although random policies earn nothing.
    func cheapConfiguration(output: String) -> RunConfiguration {
        var result = configuration(output: output)
        // Two threads of an operation wait for each other where other processes are at work.
        result.threads = 1
        result.grpo.numGenerations = 2
        result.grpo.sampling.maxCompletionLength = 4
        result.training.learningRate = 1e-2
        result.training.weightDecay = 1
        return result
    }

    /// A run of three steps that is evaluated before the first and after the last; its folder.
    func evaluatedRun(_ output: String, beta: Double) throws -> String {
        var configuration = cheapConfiguration(output: output)
        configuration.grpo.loss.beta = beta
        configuration.data.validation = [shard]
        configuration.evaluation.evalOnStart = true
        configuration.evaluation.evalSteps = 0
        try train(configuration)
        return output
    }

    func loadPolicy(_ path: String? = nil) throws -> VisionLanguagePolicy {
        try VisionLanguagePolicy.load(
            path: path ?? policy, dtype: .float32, device: .cpu, template: PromptTemplate())
    }
}

/// Runs a configuration to its end.
@discardableResult
func train(_ configuration: RunConfiguration) throws -> [StepMetrics] {
    var metrics: [StepMetrics] = []
    try TrainRecipe(configuration, command: ["think2seg", "train", "a.yaml"])
        .run { metrics.append($0) }
    return metrics
}

/// A new empty folder for the time of `body`.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    try withTemporaryFolder(body)
}

/// The bytes of every file below a folder, hidden ones included, by path.
func files(_ folder: String) throws -> [String: Data] {
    var result: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isFolder)
        if isFolder.boolValue { continue }
        result[path] = try contents("\(folder)/\(path)")
    }
    return result
}

func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

/// The lines of a text file.
func lines(_ path: String) throws -> [String] {
    let text = String(decoding: try contents(path), as: UTF8.self)
    #expect(text.hasSuffix("\n"), "\(path) ends within a line")
    return text.split(separator: "\n").map(String.init)
}

/// A document of JSON whose top is an object.
func object(_ data: Data) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
}

func object(_ line: String) throws -> [String: Any] { try object(Data(line.utf8)) }

func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

/// What `body` says when it fails.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        Issue.record("nothing was refused")
        return ""
    } catch {
        return "\(error)"
    }
}

/// The greedy answer to a question about a picture in the policy's frame.
func greedy(_ policy: VisionLanguagePolicy, _ image: RGBImage, _ question: String) throws
    -> Completion
{
    try policy.rollout(
        policy.prompt(image: image, question: question),
        sampling: SamplingParameters(temperature: 0, maxCompletionLength: 12), seeds: [0])[0]
}

/// A picture of smooth colours that `shift` decides about.
func gradientPicture(side: Int, shift: Int) -> RGBImage {
    RGBImage(
        width: side, height: side,
        pixels: (0..<side * side).flatMap { place -> [UInt8] in
            let (x, y) = (place % side, place / side)
            return [
                UInt8((4 * x + shift) % 256), UInt8((3 * y + 2 * shift) % 256),
                UInt8((x + y) % 256),
            ]
        })
}
