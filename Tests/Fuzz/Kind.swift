import Configuration
import Datasets
import Foundation

/// What came of an input.
enum Outcome: Equatable {
    /// It was read to its end.
    case accepted
    /// It was refused as the reader says that it refuses.
    case refused
    /// Something that must not be.
    case finding(String)
}

/// A kind of input: where its inputs come from, and how one is read to its end.
protocol Kind {
    /// The name on the command line.
    static var name: String { get }
    /// The ending of a file of this kind.
    static var suffix: String { get }
    /// Whole inputs, made by the project's own writers or taken from the fixtures, and the words that
    /// they are made of.
    ///
    /// - Parameter folder: an empty folder for files
    /// - Returns: what makes damaged inputs of them
    /// - Throws: what a writer or the file system throws
    static func mutator(_ folder: String) throws -> Mutator
    /// Reads a file to its end.
    ///
    /// - Returns: a finding, if what was read cannot be
    /// - Throws: what the reader throws
    static func read(_ path: String) throws -> String?
    /// Whether an error is one that the reader is documented to throw.
    static func isDocumented(_ error: any Error) -> Bool
    /// Whether an error's message tells where something is wrong.
    static func tellsPlace(_ error: any Error, _ path: String) -> Bool
}

extension Kind {
    static func tellsPlace(_ error: any Error, _ path: String) -> Bool {
        "\(error)".contains(path)
    }

    /// The input of a number.
    static func input(_ number: Int, seed: UInt64, _ mutator: Mutator) -> [UInt8] {
        var hash = StableHash()
        hash.combine(seed)
        hash.combine(name)
        hash.combine(number)
        var random = SeededGenerator(seed: hash.value)
        return mutator.input(&random)
    }

    /// Writes an input to a file of its own, reads it, and looks whether anything has changed.
    static func outcome(of bytes: [UInt8], in folder: String) throws -> Outcome {
        let path = "\(folder)/input.\(suffix)"
        let input = Data(bytes)
        try input.write(to: URL(fileURLWithPath: path))
        let outcome: Outcome
        do {
            outcome = try read(path).map(Outcome.finding) ?? .accepted
        } catch {
            outcome = judge(error, path)
        }
        guard try Data(contentsOf: URL(fileURLWithPath: path)) == input else {
            return .finding("the file was changed")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        guard names == ["input.\(suffix)"] else {
            for name in names { try FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
            return .finding("other files appeared: \(names.sorted().joined(separator: ", "))")
        }
        return outcome
    }

    private static func judge(_ error: any Error, _ path: String) -> Outcome {
        let message = "\(error)"
        guard isDocumented(error) else {
            return .finding("an error that is not the reader's: \(type(of: error)): \(message)")
        }
        guard tellsPlace(error, path), message.count > 10 else {
            return .finding("an error that does not say what is wrong where: \"\(message)\"")
        }
        return .refused
    }
}

/// All kinds, in the order in which they are tried.
var kinds: [any Kind.Type] {
    [
        ShardKind.self, CompressedShardKind.self, AnnotatedShardKind.self, SafetensorsKind.self,
        TorchKind.self, ConfigurationKind.self, CompletionKind.self, ReferencesKind.self,
        AnnotationsKind.self, TIFFKind.self,
    ]
}

/// The folder of this checkout.
let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

/// The files below a folder of the checkout that end with `suffix`, in alphabetic order.
func files(_ folder: String, _ suffix: String) throws -> [[UInt8]] {
    try FileManager.default.subpathsOfDirectory(atPath: "\(checkout)/\(folder)").sorted()
        .filter { $0.hasSuffix(suffix) }
        .map { [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(checkout)/\(folder)/\($0)"))) }
}

/// Texts of UTF-8, and the same with a byte order mark and in UTF-16.
func inEncodings(_ texts: [[UInt8]]) -> [[UInt8]] {
    let encodings = [String.Encoding.utf8, .utf16LittleEndian, .utf16BigEndian]
    return texts
        + texts.flatMap { bytes in
            let text = "\u{FEFF}" + String(decoding: bytes, as: UTF8.self)
            return encodings.compactMap { text.data(using: $0).map { [UInt8]($0) } }
        }
}

func words(_ text: String) -> [[UInt8]] { text.split(separator: " ").map { Array($0.utf8) } }
