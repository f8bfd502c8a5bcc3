/// A tensor as files store it, of any element type.
public struct StoredTensor {
    /// Its key.
    public let name: String
    /// Its element type, in the words of safetensors.
    public let type: String
    /// Its shape.
    public let shape: [Int]
    /// Its numbers.
    public let bytes: [UInt8]

    /// A tensor from its parts.
    public init(_ name: String, _ type: String, _ shape: [Int], _ bytes: [UInt8]) {
        (self.name, self.type, self.shape, self.bytes) = (name, type, shape, bytes)
    }

    /// A tensor of zeros.
    ///
    /// - Parameters:
    ///   - name: its key
    ///   - type: its element type, in the words of safetensors
    ///   - shape: its shape
    ///   - bits: of one number
    public init(zeros name: String, _ type: String, _ shape: [Int], bits: Int) {
        let count = shape.reduce(bits, *)
        self.init(name, type, shape, [UInt8](repeating: 0, count: (count + 7) / 8))
    }
}

extension [StoredTensor] {
    /// A safetensors file of the tensors.
    public var safetensors: [UInt8] {
        var fields: [String] = []
        var data: [UInt8] = []
        for tensor in self {
            let place = "\(data.count),\(data.count + tensor.bytes.count)"
            fields.append(
                "\"\(tensor.name)\":{\"dtype\":\"\(tensor.type)\",\"shape\":\(tensor.shape),"
                    + "\"data_offsets\":[\(place)]}")
            data += tensor.bytes
        }
        let header = [UInt8]("{\(fields.joined(separator: ","))}".utf8)
        return little(UInt64(header.count)) + header + data
    }

    /// A file of `torch.save` of the tensors by name, of types that have a storage of their own.
    ///
    /// - Parameter path: keys of dictionaries around them, the outermost first
    /// - Returns: the file's bytes
    public func torchFile(in path: [String] = []) -> [UInt8] {
        let storages = [
            "F32": "FloatStorage", "F16": "HalfStorage", "BF16": "BFloat16Storage",
            "I8": "CharStorage", "I64": "LongStorage", "U8": "ByteStorage",
        ]
        var builder = ArchiveBuilder()
        var pairs: [(key: String, value: [UInt8])] = []
        for (number, tensor) in enumerated() {
            builder.storages.append(("\(number)", tensor.bytes))
            let count = tensor.shape.reduce(1, *)
            let storage = Pickle.storage(
                type: storages[tensor.type] ?? tensor.type, key: "\(number)", count: count)
            var strides = [Int](repeating: 1, count: tensor.shape.count)
            for axis in tensor.shape.indices.dropLast().reversed() {
                strides[axis] = strides[axis + 1] * tensor.shape[axis + 1]
            }
            pairs.append(
                (tensor.name, Pickle.tensor(storage, shape: tensor.shape, strides: strides)))
        }
        let inner = Pickle.dictionary(pairs)
        return builder.archive(
            Pickle.whole(path.reversed().reduce(inner) { Pickle.dictionary([($1, $0)]) }))
    }
}
