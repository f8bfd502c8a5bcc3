import CTorchShim

extension MappedFile {
    /// A CPU tensor of bytes that stand in the file, row after row; it shares the file's memory
    /// where the alignment allows.
    ///
    /// - Parameters:
    ///   - range: inside the file, as many bytes as `shape` needs
    ///   - shape: of the tensor
    ///   - dtype: of its elements
    /// - Returns: the tensor, which keeps the file mapped
    /// - Throws: ``TorchError``
    func tensor(_ range: Range<Int>, shape: [Int], dtype: DType) throws -> Tensor {
        guard let base = bytes.baseAddress, !range.isEmpty else {
            return try Tensor.zeros(shape, dtype: dtype)
        }
        let address = base + range.lowerBound
        if UInt(bitPattern: address) % UInt(dtype.byteCount) != 0 {
            return try make(#function) { out in
                withList(shape) {
                    cts_from_data(address, range.count, $0, dtype.rawValue, out)
                }
            }
        }
        let owner = Unmanaged.passRetained(self)
        do {
            return try make(#function) { out in
                withList(shape) {
                    cts_from_borrowed(
                        address, $0, dtype.rawValue, releaseMappedFile, owner.toOpaque(), out)
                }
            }
        } catch {
            owner.release()
            throw error
        }
    }
}

/// Gives back the reference that a borrowed tensor holds to its file.
private func releaseMappedFile(_ context: UnsafeMutableRawPointer?) {
    if let context { Unmanaged<MappedFile>.fromOpaque(context).release() }
}
