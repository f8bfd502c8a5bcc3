import CLibcrypto
package import Foundation

/// The SHA-256 of bytes that come piece by piece, by OpenSSL.
package struct SHA256: ~Copyable {
    private let context: OpaquePointer

    /// The hash of nothing yet.
    package init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
        else { preconditionFailure("OpenSSL has no SHA-256") }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        let isDone = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
        precondition(isDone == 1, "OpenSSL refuses bytes")
    }

    /// Adds bytes.
    package mutating func update(_ data: Data) { data.withUnsafeBytes { update($0) } }

    /// The hash as 64 hexadecimal digits.
    package consuming func digits() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        let isDone = EVP_DigestFinal_ex(context, &digest, nil)
        precondition(isDone == 1, "OpenSSL does not end a hash")
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
