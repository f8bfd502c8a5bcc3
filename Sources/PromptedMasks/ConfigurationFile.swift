import Foundation
import SystemErrors
import TextFiles
package import Torch

/// Files of `config.json`.
package enum ConfigurationFile {
    /// Reads one.
    ///
    /// - Parameters:
    ///   - type: the sizes that it has
    ///   - file: the file
    ///   - family: what people call the models that have such sizes, for messages
    /// - Returns: the sizes
    /// - Throws: `CheckpointError` that names the file and the key
    package static func read<Sizes: Decodable>(
        _ type: Sizes.Type, _ file: String, family: String
    ) throws -> Sizes {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw CheckpointError(
                path: file, problem: "no such file, or it cannot be read",
                advice: SegmenterLocation.advice(family),
                isMissing: true)
        }
        do {
            return try JSONDecoder().decode(type, file: data)
        } catch let error as DecodingError {
            throw CheckpointError(path: file, problem: error.keyAndProblem)
        }
    }

    /// Writes one, keys sorted, one to a line.
    ///
    /// - Parameters:
    ///   - sizes: what it says
    ///   - path: the file
    ///   - fractions: keys whose numbers transformers insists on having a fraction
    /// - Throws: `CheckpointError` if it cannot be written
    package static func write(
        _ sizes: some Encodable, _ path: String, fractions: [String]
    ) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            let text = String(decoding: try encoder.encode(sizes), as: UTF8.self)
            try Data(withFractions(text, fractions).utf8)
                .write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CheckpointError(
                path: path, problem: "cannot write: \(systemReason(error))", isWriteFailure: true)
        }
    }

    /// JSON of one key per line, with `4.0` instead of `4` for some keys.
    private static func withFractions(_ json: String, _ keys: [String]) -> String {
        json.split(separator: "\n").map { line in
            let isFloat = keys.contains { line.contains("\"\($0)\"") }
            let comma = line.hasSuffix(",") ? "," : ""
            let number = line.dropLast(comma.count)
            guard isFloat, let value = number.split(separator: " ").last, Int(value) != nil else {
                return String(line)
            }
            return number + ".0" + comma
        }.joined(separator: "\n") + "\n"
    }
}

extension ConfigurationFault {
    /// The error of a file with this fault.
    package func error(_ file: String) -> CheckpointError {
        CheckpointError(path: file, problem: "\(key): \(problem)")
    }
}
