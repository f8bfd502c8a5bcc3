import Foundation
import NN
import PromptedMasks
import SAM2
import TestSupport
import Testing
import Torch

@Suite("Official .pt files")
struct OfficialCheckpointTests {
    /// A tensor by its official name.
    private typealias State = [(key: String, tensor: Tensor)]

    private static let folder = Fixtures.path("sam2_official/checkpoint")

    /// The official tensors, without what only the video model has if asked for.
    private func state(withVideo: Bool = false) throws -> State {
        let file = try TorchCheckpointFile(path: Self.folder + "/model.pt")
        return try #require(file.root["model"]?.dictionary).compactMap { key, value in
            guard let name = key.text, let entry = value.tensor else { return nil }
            let tensor = try file.tensor(entry)
            let isPicture = ["image_encoder.", "sam_", "no_mem_embed"].contains(
                where: name.hasPrefix)
            return withVideo || isPicture ? (name, tensor) : nil
        }
    }

    /// What torch.save would write of tensors, and of whatever else.
    private func saved(
        _ state: State, also others: [(key: String, value: [UInt8])] = [],
        wrap: ([UInt8]) -> [UInt8] = { Pickle.dictionary([("model", $0)]) }
    ) throws -> [UInt8] {
        var builder = ArchiveBuilder()
        var pairs = others
        for (index, (key, tensor)) in state.enumerated() {
            let whole = try tensor.to(.float32).contiguous()
            builder.storages.append((String(index), try whole.withBytes { Array($0) }))
            let strides = tensor.shape.indices.map { tensor.shape[($0 + 1)...].reduce(1, *) }
            let storage = Pickle.storage(key: String(index), count: tensor.count)
            pairs.append((key, Pickle.tensor(storage, shape: tensor.shape, strides: strides)))
        }
        return builder.archive(Pickle.whole(wrap(Pickle.dictionary(pairs))))
    }

    /// A folder with these files, and the configuration if asked for.
    private func withCheckpoint<Result>(
        _ files: [String: [UInt8]], configured: Bool = true, _ body: (String) throws -> Result
    ) throws -> Result {
        try withTemporaryFolder { folder in
            for (name, bytes) in files {
                try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
            }
            if configured {
                try FileManager.default.copyItem(
                    atPath: Self.folder + "/config.json", toPath: folder + "/config.json")
            }
            return try body(folder)
        }
    }

    private func fault(_ path: String) throws -> CheckpointError {
        try #require(throws: CheckpointError.self) { try SAM2Segmenter.load(path: path) }
    }

    /// Whether two models have the same parameters.
    private func areEqual(_ a: SAM2Model, _ b: SAM2Model) throws -> Bool {
        guard a.parameters.map(\.key) == b.parameters.map(\.key) else { return false }
        return try zip(a.parameters, b.parameters).allSatisfy {
            try $0.tensor.isEqual(to: $1.tensor)
        }
    }

    @Test("the file, and the folder that holds no other weights, are the same model")
    func paths() throws {
        let file = try SAM2Model.load(path: Self.folder + "/model.pt")
        let folder = try SAM2Model.load(path: Self.folder)
        #expect(try areEqual(file, folder))
        #expect(file.configuration == folder.configuration)
        #expect(file.configuration.vision.backbone.embedDimensions == [4, 8, 16, 32])
    }

    @Test("a folder with safetensors files is in the hub's layout, whatever else it holds")
    func both() throws {
        let model = try SAM2Model.load(path: Self.folder)
        try withCheckpoint(["model.pt": Array("not read".utf8)], configured: false) { folder in
            try model.save(directory: folder)
            #expect(try areEqual(model, SAM2Model.load(path: folder)))
            #expect(throws: CheckpointError.self) {
                try SAM2Model.load(path: folder + "/model.pt")
            }
        }
    }

    @Test("a folder with several .pt files is an error that names them")
    func several() throws {
        try withCheckpoint(["a.pt": [], "b.pt": []]) { folder in
            let error = try fault(folder)
            #expect(error.description.contains("a.pt, b.pt"))
            #expect(error.description.contains("name one"))
        }
    }

    @Test("what is no checkpoint at all is an error that says which kinds there are")
    func neither() throws {
        try withCheckpoint([:], configured: false) { folder in
            for path in [folder, folder + "/nowhere"] {
                let error = try fault(path)
                #expect(error.isMissing)
                #expect(error.description.contains("hub's layout"))
                #expect(error.description.contains("official .pt file"))
            }
        }
        let error = try fault(SAM2Fixtures.path("tiny/model.safetensors"))
        #expect(error.description.contains("hub's layout"))
    }

    @Test("a state_dict at the top is read as one under \"model\", with or without other entries")
    func top() throws {
        let state = try state()
        let model = try SAM2Model.load(path: Self.folder)
        let files = [
            try saved(state) { $0 },
            try saved(state) {
                Pickle.dictionary([("epoch", Pickle.integer(3)), ("model", $0)])
            },
        ]
        for bytes in files {
            try withCheckpoint(["a.pt": bytes]) { folder in
                let same = try areEqual(model, SAM2Model.load(path: folder + "/a.pt"))
                #expect(same)
            }
        }
    }

    @Test("what only the video model has is ignored, and may be missing as in SAM 2.0")
    func video() throws {
        let keys = Set(try state(withVideo: true).map(\.key)).subtracting(try state().map(\.key))
        for key in ["no_obj_embed_spatial", "obj_ptr_tpos_proj.weight", "maskmem_tpos_enc"] {
            #expect(keys.contains(key))
        }
        #expect(keys.count > 100)
        let bytes = try saved(state())
        try withCheckpoint(["a.pt": bytes]) { folder in
            let same = try areEqual(
                SAM2Model.load(path: folder), SAM2Model.load(path: Self.folder))
            #expect(same)
        }
    }

    @Test("point embeddings become one table, and one matrix encodes the places of both encoders")
    func joined() throws {
        let state = try Dictionary(uniqueKeysWithValues: state().map { ($0.key, $0.tensor) })
        let model = try SAM2Model.load(path: Self.folder)
        let parameters = Dictionary(
            uniqueKeysWithValues: model.parameters.map { ($0.key, $0.tensor) })
        let table = try #require(parameters["prompt_encoder.point_embed.weight"])
        for row in 0..<4 {
            let official = try #require(
                state["sam_prompt_encoder.point_embeddings.\(row).weight"])
            #expect(try official.to(.float32).isEqual(to: table.sliced(0, from: row, to: row + 1)))
        }
        let matrix = try #require(
            state["sam_prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"])
        for key in ["prompt_encoder.shared_embedding", "shared_image_embedding"] {
            let ours = try #require(parameters[key + ".positional_embedding"])
            #expect(try matrix.to(.float32).isEqual(to: ours), "\(key)")
        }
    }

    @Test("tensors that are left over, missing, of another shape or type are errors that name them")
    func damaged() throws {
        let whole = try state()
        let key = "sam_mask_decoder.conv_s0.weight"
        let others = whole.filter { $0.key != key }
        let row = "sam_prompt_encoder.point_embeddings.1.weight"
        let cases: [([UInt8], String, String)] = [
            (
                try saved(whole + [("image_encoder.trunk.extra.weight", .zeros([2]))]),
                "image_encoder.trunk.extra.weight", "no place"
            ),
            (try saved(others), "mask_decoder.conv_s0.weight", "missing"),
            (
                try saved(others + [(key, .zeros([2, 15, 1, 1]))]), "[2, 15, 1, 1]",
                "config.json"
            ),
            (
                try saved(whole.filter { $0.key != row }), "prompt_encoder.point_embed.weight",
                "missing"
            ),
            (
                try saved([("vision_encoder.neck.convs.0.bias", .zeros([2]))]),
                "vision_encoder.neck.convs.0.bias", "hub's layout"
            ),
            (
                try saved(whole, also: [("epoch", Pickle.integer(1))]),
                "an integer under epoch", "model.state_dict()"
            ),
            (
                try saved(whole) { Pickle.tuple([$0]) }, "a tuple", "model.state_dict()"
            ),
        ]
        for (bytes, problem, advice) in cases {
            try withCheckpoint(["a.pt": bytes]) { folder in
                let error = try fault(folder)
                #expect(error.path.hasSuffix("/a.pt"))
                #expect(error.description.contains(problem), "\(error)")
                #expect(error.description.contains(advice), "\(error)")
            }
        }
    }

    @Test("without config.json a file that is none of the released sizes asks for one")
    func unknownSize() throws {
        let bytes = try saved(state())
        try withCheckpoint(["a.pt": bytes], configured: false) { folder in
            let error = try fault(folder)
            #expect(error.problem.contains("1 of 4 channels, 2 of 8 channels"), "\(error)")
            #expect(error.advice.contains("config.json"))
        }
    }

    @Test(
        "without config.json a released size is told by its shapes",
        arguments: ["tiny", "small", "base-plus", "large"])
    func sizes(name: String) throws {
        let path = Fixtures.path("sam2_official/sizes/\(name).pt")
        let expected = try #require(SAM2Configuration.released["facebook/sam2.1-hiera-" + name])
        #expect(try SAM2Configuration.load(path: path) == expected)
    }
}
