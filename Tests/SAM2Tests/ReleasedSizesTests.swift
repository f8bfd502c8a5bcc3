import NN
import PromptedMasks
import SAM2
import TestSupport
import Testing
import Torch

/// What sizes.json says of one size.
private struct Size: Decodable {
    /// How many keys a group has, and the hash of its lines.
    struct Group: Decodable, Equatable {
        let count: Int
        let digest: String

        init(count: Int, digest: String) {
            self.count = count
            self.digest = digest
        }

        init(from decoder: any Decoder) throws {
            var values = try decoder.unkeyedContainer()
            count = try values.decode(Int.self)
            digest = try values.decode(String.self)
        }
    }
    let config: SAM2Configuration
    let parameters: Int
    let groups: [String: Group]
}

/// Remembers which tensors a model asks for, and hands out single numbers instead.
private final class AskedShapes: WeightSource {
    private(set) var shapes: [String: [Int]] = [:]

    func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        shapes[key] = shape
        return try .zeros([1])
    }
}

@Suite("Released sizes")
struct ReleasedSizesTests {
    private let sizes: [String: Size]
    init() throws {
        sizes = try Fixtures.decode([String: Size].self, "sam2_official/sizes.json")
    }

    private static let all: [(String, SAM2Configuration)] = [
        ("tiny", .tiny), ("small", .small), ("base-plus", .basePlus), ("large", .large),
    ]

    @Test("each is what the official YAML says, in transformers' words")
    func configurations() throws {
        #expect(sizes.count == Self.all.count)
        for (name, configuration) in Self.all {
            let size = try #require(sizes[name])
            #expect(size.config == configuration, "\(name)")
            #expect(SAM2Configuration.released["facebook/sam2.1-hiera-" + name] == configuration)
        }
        #expect(SAM2Configuration.released.count == Self.all.count)
    }

    @Test("each has the keys and shapes of Sam2Model and of build_sam2, to the last number")
    func parameters() throws {
        for (name, configuration) in Self.all {
            let size = try #require(sizes[name])
            let asked = AskedShapes()
            _ = try SAM2Model(
                configuration: configuration, builder: ParameterBuilder(source: asked))
            #expect(
                asked.shapes.values.map { $0.reduce(1, *) }.reduce(0, +) == size.parameters,
                "\(name)")
            let keys = Dictionary(grouping: asked.shapes.keys) {
                $0.split(separator: ".").prefix(2).joined(separator: ".")
            }
            #expect(Set(keys.keys) == Set(size.groups.keys), "\(name)")
            for (group, keys) in keys {
                let lines = keys.sorted().map { "\($0) \(asked.shapes[$0] ?? [])" }
                let ours = Size.Group(
                    count: lines.count, digest: digest(lines.joined(separator: "\n")))
                #expect(ours == size.groups[group], "\(name) \(group)")
            }
        }
    }

    /// FNV-1a in 64 bits, in hexadecimal.
    private func digest(_ text: String) -> String {
        var state: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
