import Foundation
import NN
import TestSupport
import Torch

/// Touches the numbers of a tensor, unless it claims more than any input has.
private func touch(_ tensor: Tensor) throws {
    guard tensor.count <= 1 << 20 else { return }
    _ = try tensor.to(.float64).to(.float32).floats
}

/// Safetensors files, as libraries and `SafetensorsFile` write them.
enum SafetensorsKind: Kind {
    static let name = "safetensors"
    static let suffix = "safetensors"

    static func mutator(_ folder: String) throws -> Mutator {
        var seeds: [[UInt8]] = []
        for dtype in [DType.float32, .bfloat16, .float16, .int64, .uint8, .bool] {
            let path = "\(folder)/\(seeds.count).safetensors"
            try SafetensorsFile.write(
                [
                    NamedTensor("a.weight", try Tensor.zeros([2, 3], dtype: dtype)),
                    NamedTensor("b", try Tensor.zeros([], dtype: dtype)),
                    NamedTensor("empty", try Tensor.zeros([0, 4], dtype: dtype)),
                ], to: path, metadata: ["format": "pt"])
            seeds.append([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
        }
        seeds += try files("Tests/Fixtures", ".safetensors").filter { $0.count < 20_000 }
        // Types that no tensor has, some of them quantised.
        for (name, type, bits) in [
            ("a.weight", "F8_E4M3", 8), ("a.weight_scale_inv", "F32", 32), ("a.qweight", "I32", 32),
            ("x", "F4", 4), ("x", "C64", 64), ("module.a.lora_A.weight", "F6_E2M3", 6),
        ] {
            seeds.append([StoredTensor(zeros: name, type, [4, 2], bits: bits)].safetensors)
        }
        return Mutator(
            seeds: seeds,
            tokens: words(
                "{ } [ ] , : \" 0 -1 1e9 1.5 9223372036854775807 18446744073709551616 null "
                    + "true \"dtype\" \"shape\" \"data_offsets\" \"F32\" \"F64\" \"BOOL\" \"F4\" \"F6_E3M2\" \"U16\" \"__metadata__\" \\u0000"
            ))
    }

    static func read(_ path: String) throws -> String? {
        let file = try SafetensorsFile(path: path)
        for entry in file.entries { try touch(file.tensor(entry)) }
        let checkpoint = try StoredWeights(path: path)
        return checkpoint.keys.count == file.entries.count ? nil : "tensors got lost"
    }

    static func isDocumented(_ error: any Error) -> Bool { error is CheckpointError }
}

/// Checkpoints of `torch.save`.
enum TorchKind: Kind {
    static let name = "torch"
    static let suffix = "pt"

    static func mutator(_ folder: String) throws -> Mutator {
        var seeds = try files("Tests/Fixtures/torch", ".pt")
        for isWide in [false, true] {
            var builder = ArchiveBuilder()
            builder.isWide = isWide
            builder.storages = [
                ("0", [UInt8](repeating: 1, count: 24)), ("1", [0, 0, 0x80, 0x3F]),
            ]
            let first = Pickle.storage(count: 6)
            let second = Pickle.storage(key: "1", count: 1)
            seeds.append(
                builder.archive(
                    Pickle.whole(
                        Pickle.dictionary([
                            ("a", Pickle.tensor(first, shape: [2, 3], strides: [3, 1])),
                            (
                                "b",
                                Pickle.tensor(first, offset: 1, shape: [2, 2], strides: [1, 3])
                            ),
                            ("c", Pickle.tensor(second, shape: [4, 1], strides: [0, 1])),
                        ]))))
        }
        for path in [[], ["state_dict"]] {
            seeds.append(
                ["module.a.weight", "b.qweight"].map {
                    StoredTensor(zeros: $0, "I8", [2, 2], bits: 8)
                }.torchFile(in: path))
        }
        return Mutator(seeds: seeds)
    }

    static func read(_ path: String) throws -> String? {
        let file = try TorchCheckpointFile(path: path)
        // Containers may hold themselves, and each other many times over.
        var (left, pending) = (10_000, [file.root])
        while let value = pending.popLast(), left > 0 {
            left -= 1
            if value.kind.isEmpty { return "a value without a kind" }
            if let entry = value.tensor { try touch(file.tensor(entry)) }
            pending += value.elements?.prefix(1000) ?? []
            for (key, item) in (value.dictionary ?? []).prefix(1000) { pending += [key, item] }
        }
        // As weights of a model; most inputs are none.
        do {
            let weights = try StoredWeights(path: path)
            if weights.keys.contains(where: { weights.shape($0) == nil }) {
                return "a key got lost"
            }
        } catch let error as CheckpointError where error.path == path {}
        return nil
    }

    static func isDocumented(_ error: any Error) -> Bool { error is CheckpointError }
}
