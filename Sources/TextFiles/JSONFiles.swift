public import Foundation

extension JSONDecoder {
    /// Decodes the contents of a JSON file, in which of several members of one name the last counts.
    ///
    /// - Parameters:
    ///   - type: the type
    ///   - file: the file's bytes: UTF-8 with or without a byte order mark, or UTF-16 with one
    /// - Returns: the value
    /// - Throws: `DecodingError`; for what is no text, or not JSON, its description is that of the
    ///   ``TextFault`` or ``JSONFault``
    public func decode<Value: Decodable>(_ type: Value.Type, file: Data) throws -> Value {
        func failure(_ error: some Error & CustomStringConvertible) -> DecodingError {
            .dataCorrupted(
                .init(
                    codingPath: [], debugDescription: error.description, underlyingError: error))
        }
        let text: TextContents
        do throws(TextFault) { text = try TextContents(file) } catch { throw failure(error) }
        if let fault = JSONFault.first(in: text) { throw failure(fault) }
        return try decode(type, from: JSONMembers.lastOfEach(text.bytes))
    }
}

extension JSONSerialization {
    /// The contents of a JSON file, in which of several members of one name the last counts.
    ///
    /// - Parameter file: the file's bytes: UTF-8 with or without a byte order mark, or UTF-16 with one
    /// - Returns: the value
    /// - Throws: ``TextFault``, ``JSONFault``, or Foundation's error
    public static func jsonObject(file: Data) throws -> Any {
        let text = try TextContents(file)
        if let fault = JSONFault.first(in: text) { throw fault }
        return try jsonObject(with: JSONMembers.lastOfEach(text.bytes))
    }
}
