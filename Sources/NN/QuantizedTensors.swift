import Torch

/// Quantised weights whose configuration says nothing of it: what their names and types give away.
enum QuantizedTensors {
    /// A tensor that gives weights away as quantised.
    struct Sign {
        let tensor: WeightFile.Entry
        /// How they are: "with GPTQ".
        let description: String
        /// What to do.
        let advice: String
    }

    /// The first sign of quantisation among tensors; nil if there is none.
    static func sign(_ entries: [WeightFile.Entry]) -> Sign? {
        let names = Set(entries.map(\.name))
        for form in forms {
            guard
                let entry = entries.first(where: { form.isOne($0, names) })
            else { continue }
            return Sign(
                tensor: entry, description: form.description, advice: QuantizationStatement.advice()
            )
        }
        return plainSign(entries)
    }

    /// Numbers of a narrow type, without anything that tells how wide they were.
    private static func plainSign(_ entries: [WeightFile.Entry]) -> Sign? {
        for entry in entries where !entry.type.isFloatingPoint {
            let type = entry.type.name.lowercased()
            if type.hasPrefix("f8") || type.hasPrefix("float8") {
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

    private struct Form: Sendable {
        let description: String
        let isOne: @Sendable (_ entry: WeightFile.Entry, _ names: Set<String>) -> Bool
    }

    /// Whether the tensor that belongs to the same layer is there too.
    private static func has(
        _ other: String, beside entry: WeightFile.Entry, _ suffix: String, _ names: Set<String>
    ) -> Bool {
        names.contains(entry.name.dropLast(suffix.count) + other)
    }

    /// What methods call their tensors, the ones that say most first.
    private static let forms: [Form] = [
        Form(description: "with bitsandbytes to 4 bits") { entry, _ in
            entry.name.contains(".quant_state.bitsandbytes__")
                || [".absmax", ".quant_map", ".nested_absmax"].contains { entry.name.hasSuffix($0) }
        },
        Form(description: "with bitsandbytes to 8 bits") { entry, _ in entry.name.hasSuffix(".SCB")
        },
        Form(description: "with GPTQ") { entry, names in
            entry.name.hasSuffix(".qweight") && has(".g_idx", beside: entry, ".qweight", names)
        },
        Form(description: "with AWQ or GPTQ") { entry, _ in
            entry.name.hasSuffix(".qweight") || entry.name.hasSuffix(".qzeros")
        },
        Form(description: "with compressed-tensors, packed") { entry, _ in
            entry.name.hasSuffix(".weight_packed")
        },
        Form(description: "with NVFP4 to 4 bits") { entry, _ in
            entry.name.hasSuffix(".weight_scale_2") || entry.name.hasSuffix(".weight_global_scale")
        },
        Form(description: "with FP8 by blocks") { entry, _ in
            entry.name.hasSuffix(".weight_scale_inv")
        },
        Form(description: "with scales of weights, as FP8 and int8 have them") { entry, _ in
            [".weight_scale", ".weight_scales", ".weight_zero_point", ".scale_weight"]
                .contains { entry.name.hasSuffix($0) }
        },
        Form(description: "with MLX") { entry, names in
            entry.name.hasSuffix(".scales") && has(".weight", beside: entry, ".scales", names)
        },
        Form(description: "with MXFP4 to 4 bits") { entry, names in
            entry.name.hasSuffix("_blocks") && has("_scales", beside: entry, "_blocks", names)
        },
        Form(description: "with AQLM") { entry, _ in entry.name.hasSuffix(".codebooks") },
        Form(description: "with VPTQ") { entry, _ in entry.name.hasSuffix(".centroids.weight") },
        Form(description: "with EXL2") { entry, _ in entry.name.hasSuffix(".q_weight") },
        Form(description: "with EXL3") { entry, _ in entry.name.hasSuffix(".trellis") },
        Form(description: "with HQQ") { entry, _ in entry.name.hasSuffix(".W_q") },
        Form(description: "with Quanto") { entry, _ in
            entry.name.hasSuffix(".weight._data") || entry.name.hasSuffix(".weight._scale")
        },
        Form(description: "with torchao") { entry, _ in
            [":qdata", ":scale", ":_data", ".weight_qdata", ".weight:_weight_qdata"]
                .contains { entry.name.hasSuffix($0) } || entry.name.contains(".weight_qdata")
        },
    ]
}
