import Foundation
import Imaging
import NN
import PromptedMasks
import SAM2
import Segmentation
import TestSupport
import Testing
import Torch

/// Numbers that depend on key and index only; `hashed` of sam2_fixtures.py has the same lines.
final class HashedWeights: WeightSource {
    private let salt: String
    private let renamed: [String: String]

    init(salt: String, renamed: [String: String] = [:]) {
        self.salt = salt
        self.renamed = renamed
    }

    private static let embeddings = [
        "pos_embed", "pos_embed_window", "no_memory_embedding", "point_embed.weight",
        "no_mask_embed.weight", "iou_token.weight", "mask_tokens.weight", "obj_score_token.weight",
    ]

    func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        try Tensor.of(values(renamed[key] ?? key, shape), shape: shape)
    }

    func values(_ key: String, _ shape: [Int]) -> [Float] {
        let (scale, offset) = spread(key, shape)
        return hashedNumbers(salt + key, shape.reduce(1, *)).map { $0 * scale + offset }
    }

    private func spread(_ key: String, _ shape: [Int]) -> (scale: Float, offset: Float) {
        if key.hasSuffix("positional_embedding") { return (1, 0) }
        if Self.embeddings.contains(where: key.hasSuffix) { return (0.5, 0) }
        if shape.count == 1 { return key.hasSuffix("weight") ? (0.2, 1) : (0.1, 0) }
        var bound = (3 / Double(shape.dropFirst().reduce(1, *))).squareRoot()
        if key.contains("output_hypernetworks_mlps"), key.hasSuffix("proj_out.weight") {
            bound *= 10
        }
        return (Float(bound), 0)
    }
}

/// A prompt of cases.json, in the picture's pixels.
struct Case: Decodable {
    let name: String
    let box: [Double]?
    let points: [[Double]]?
    let labels: [Int]?

    var prompt: SegmentationPrompt {
        let labelled = zip(points ?? [], labels ?? []).map { (Point(x: $0[0], y: $0[1]), $1) }
        return SegmentationPrompt(
            box: box.map { Box(x1: $0[0], y1: $0[1], x2: $0[2], y2: $0[3]) },
            positivePoints: labelled.filter { $0.1 == 1 }.map(\.0),
            negativePoints: labelled.filter { $0.1 == 0 }.map(\.0))
    }
}

/// What cases.json says.
struct Cases: Decodable {
    enum CodingKeys: String, CodingKey {
        case salt, width, height, output, cases, unstable
        case videoKeys = "video_keys"
    }
    let salt: String
    let width: Int
    let height: Int
    let output: [Int]
    let cases: [Case]
    /// The cases of windows.json whose single mask is replaced.
    let unstable: [String]
    let videoKeys: [String]

    var frame: ImageFrame { ImageFrame(width: width, height: height) }
    var outputFrame: ImageFrame { ImageFrame(width: output[0], height: output[1]) }

    /// The picture that all fixtures are about.
    var picture: RGBImage { patternPicture(width: width, height: height) }
}

/// A picture of lines and curves; `picture` of sam2_fixtures.py draws the same.
func patternPicture(width: Int, height: Int) -> RGBImage {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * width * height)
    for y in 0..<height {
        for x in 0..<width {
            for c in 0..<3 {
                pixels.append(UInt8((x * (3 + c) + y * (5 - c) + x * y / (7 + c)) % 256))
            }
        }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
}

/// Expects masks to agree wherever the logits are farther from 0 than their own tolerance.
func expectEqual(
    _ mask: BinaryMask, _ truth: BinaryMask, logits: [Float], tolerance: Double, _ name: String,
    _ location: SourceLocation = #_sourceLocation
) {
    #expect(mask.width == truth.width && mask.height == truth.height, sourceLocation: location)
    var wrong = 0
    for (index, words) in zip(mask.words, truth.words).enumerated() {
        for bit in 0..<64 where (words.0 ^ words.1) >> UInt64(bit) & 1 == 1 {
            if abs(Double(logits[64 * index + bit])) > tolerance { wrong += 1 }
        }
    }
    #expect(wrong == 0, "\(name): \(wrong) pixels", sourceLocation: location)
}

enum SAM2Fixtures {
    static func path(_ name: String) -> String { Fixtures.path("sam2/" + name) }

    static func cases() throws -> Cases {
        try Fixtures.decode(Cases.self, "sam2/cases.json")
    }

    static func expected(_ name: String) throws -> Expected {
        Expected(file: try SafetensorsFile(path: path(name + ".safetensors")))
    }

    /// The model of a fixture's configuration with hashed weights.
    static func model(_ name: String, sharedPositions: Bool) throws -> SAM2Model {
        let weights = HashedWeights(
            salt: try cases().salt,
            renamed: sharedPositions
                ? [
                    "prompt_encoder.shared_embedding.positional_embedding":
                        "shared_image_embedding.positional_embedding"
                ] : [:])
        return try SAM2Model(
            configuration: SAM2Configuration.load(path: path(name + ".json")),
            builder: ParameterBuilder(source: weights))
    }

    /// A folder that goes away with the process's temporary files.
    static func temporaryFolder() throws -> String {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("sam2-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder.path
    }
}

/// The reference's tensors of one model.
struct Expected {
    let file: SafetensorsFile

    func tensor(_ key: String) throws -> Tensor {
        guard let entry = file.entry(key) else { throw MissingFixture(path: key) }
        return try file.tensor(entry)
    }

    /// The largest absolute difference; infinite if the shapes differ.
    func difference(_ key: String, _ other: Tensor) throws -> Double {
        let reference = try tensor(key)
        guard reference.shape == other.shape else { return .infinity }
        return try (reference - other).abs().max().item()
    }
}
