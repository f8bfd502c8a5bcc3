import Torch

/// Quantised weights whose configuration says nothing of it: what their names and types give away.
enum QuantizedTensors {
    /// A tensor that gives weights away as quantised.
    struct Sign {
        let tensor: WeightFile.Entry
        /// How they are: "with GPTQ".
        let description: String
        /// Whether that is a method, and not only what the numbers look like.
        var isMethod: Bool { description.hasPrefix("with ") && description != "with scales" }
        /// What to do.
        let advice: String
    }

    /// The first sign of quantisation among tensors; nil if there is none.
    static func sign(_ entries: [WeightFile.Entry]) -> Sign? {
        let named = Dictionary(entries.map { ($0.name, $0) }) { first, _ in first }
        for form in forms {
            for entry in entries {
                guard let ending = form.endings.first(where: entry.name.hasSuffix) else { continue }
                let layer = Layer(entry, ending, named)
                guard form.isOne(layer) else { continue }
                return Sign(
                    tensor: layer.narrow ?? entry,
                    description: form.description
                        + (form.bits(layer).map { " to \($0) bits" } ?? ""),
                    advice: QuantizationStatement.advice())
            }
        }
        return plainSign(entries)
    }

    /// Numbers of a narrow type, without anything that tells how wide they were.
    private static func plainSign(_ entries: [WeightFile.Entry]) -> Sign? {
        let haveScales = entries.contains { $0.name.lowercased().contains("scale") }
        for entry in entries where !entry.type.isFloatingPoint {
            let type = entry.type.name.lowercased()
            if type.hasPrefix("f8") || type.hasPrefix("float8") {
                if haveScales {
                    return Sign(
                        tensor: entry, description: "as floating point of 8 bits with scales",
                        advice: QuantizationStatement.advice())
                }
                return Sign(
                    tensor: entry, description: "as floating point of 8 bits without scales",
                    advice: QuantizationStatement.advice()
                        + "; or, if numbers so rounded are wanted, load the folder with transformers' "
                        + "from_pretrained(…, dtype=torch.bfloat16) and save it to a new one")
            }
            if ["f4", "f6", "float4"].contains(where: type.hasPrefix) {
                return Sign(
                    tensor: entry, description: "as floating point of 4 or 6 bits",
                    advice: QuantizationStatement.advice())
            }
            if ["i8", "u8", "u32", "u16", "i32", "int8", "uint8", "int32", "q"]
                .contains(where: type.hasPrefix),
                entry.name.hasSuffix("weight")
            {
                return Sign(
                    tensor: entry, description: "as integers",
                    advice: QuantizationStatement.advice())
            }
        }
        return nil
    }

    /// A tensor, and those of the same layer.
    private struct Layer {
        let entry: WeightFile.Entry
        private let stem: Substring
        private let named: [String: WeightFile.Entry]

        init(_ entry: WeightFile.Entry, _ ending: String, _ named: [String: WeightFile.Entry]) {
            self.entry = entry
            self.named = named
            stem = entry.name.dropLast(ending.count)
        }

        /// The tensor of the layer with another ending.
        func other(_ ending: String) -> WeightFile.Entry? { named[stem + ending] }

        /// The weights themselves, if their type is no floating point that models are trained in.
        var narrow: WeightFile.Entry? {
            (other(".weight") ?? other(".qweight")).flatMap { $0.type.isFloatingPoint ? nil : $0 }
        }

        /// Whether the tensor's own type is one of these.
        func isIn(_ types: String...) -> Bool { types.contains(entry.type.name.lowercased()) }

        /// Whether the weights' type begins so, in either format's words.
        func isOf(_ types: String...) -> Bool {
            guard let name = other(".weight")?.type.name.lowercased() else { return false }
            return types.contains { name.hasPrefix($0) }
        }

        /// The bits of numbers that are packed in words of 32 along an axis, which is so long unpacked.
        func packed(_ axis: Int, unpacked: Int?) -> Int? {
            guard let unpacked, unpacked > 0, entry.shape.count > axis else { return nil }
            let bits = 32 * entry.shape[axis] / unpacked
            return (1...8).contains(bits) ? bits : nil
        }
    }

    /// A method, by what it calls its tensors.
    private struct Form: Sendable {
        let description: String
        let endings: [String]
        let isOne: @Sendable (Layer) -> Bool
        let bits: @Sendable (Layer) -> Int?

        init(
            _ description: String, _ endings: [String],
            bits: @escaping @Sendable (Layer) -> Int? = { _ in nil },
            where isOne: @escaping @Sendable (Layer) -> Bool = { _ in true }
        ) {
            (self.description, self.endings) = (description, endings)
            (self.isOne, self.bits) = (isOne, bits)
        }
    }

    private static let scales = [".weight_scale", ".weight_scales", ".scale_weight"]

    /// What methods call their tensors, the ones that say most first.
    private static let forms: [Form] = [
        Form(
            "with bitsandbytes to 4 bits",
            [".weight.absmax", ".weight.quant_map", ".weight.nested_absmax"]),
        Form("with bitsandbytes to 8 bits", [".SCB"]),
        Form(
            "with GPTQ", [".qweight"],
            bits: { $0.packed(0, unpacked: $0.other(".g_idx")?.shape.first) },
            where: { $0.other(".g_idx") != nil }),
        Form(
            "with AWQ", [".qweight"],
            bits: { $0.packed(1, unpacked: $0.other(".scales")?.shape.last) },
            where: { $0.other(".qzeros") != nil }),
        Form("with FP-Quant", [".forward_hadamard_matrix"]),
        Form("with HIGGS", [".tables2"]),
        Form(
            "in words of 32 bits, as AWQ and GPTQ do it", [".qweight", ".qzeros"],
            where: { $0.isIn("i32", "u32", "int32", "uint32") }),
        Form("in a packed form", [".qweight", ".qzeros"]),
        Form("with compressed-tensors, sparse", [".compressed", ".bitmask"]),
        Form("with compressed-tensors, packed", [".weight_packed"]),
        Form("with NVFP4 to 4 bits", [".weight_scale_2", ".weight_global_scale"]),
        Form("with FP8 by blocks to 8 bits", [".weight_scale_inv"]),
        Form("with FP8 and scales to 8 bits", scales, where: { $0.isOf("f8", "float8") }),
        Form("with int8 and scales to 8 bits", scales, where: { $0.isOf("i8", "int8") }),
        Form("with scales", scales + [".weight_zero_point"]),
        Form("with MLX", [".scales"], where: { $0.isOf("u32", "uint32") }),
        Form("with scales", [".scales"], where: { $0.narrow != nil }),
        Form("with MXFP4 to 4 bits", ["_blocks"], where: { $0.other("_scales") != nil }),
        Form("with AQLM", [".codebooks"]), Form("with VPTQ", [".centroids.weight"]),
        Form("with EXL2", [".q_weight"]), Form("with EXL3", [".trellis"]),
        Form("with HQQ", [".W_q"]), Form("with Quanto", [".weight._data", ".weight._scale"]),
        Form("with SpQR", [".dense_weights"]),
        Form(
            "with torchao",
            [".weight_qdata", ".weight:_weight_qdata", ".weight:qdata", "._weight_qdata"]),
    ]
}
