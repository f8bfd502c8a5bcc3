import Foundation
import Imaging
import Importers
import Shards

/// Imports a copy of the small RRSIS-D of the fixtures in which one file is another one.
///
/// - Parameters:
///   - name: the file of the folder `rrsisd`
///   - path: what stands there instead
/// - Returns: a finding, if a shard cannot be what was imported
/// - Throws: what the importer throws
private func importTree(with name: String, from path: String) throws -> String? {
    let manager = FileManager.default
    let root = NSTemporaryDirectory() + "fuzz-import-" + UUID().uuidString
    defer { try? manager.removeItem(atPath: root) }
    let fixture = "\(checkout)/Tests/Fixtures/importing/trees/rrsis-d"
    try manager.createDirectory(atPath: root + "/rrsisd", withIntermediateDirectories: true)
    try manager.createSymbolicLink(
        atPath: root + "/images", withDestinationPath: fixture + "/images")
    for file in ["refs(unc).p", "instances.json"] {
        try manager.createSymbolicLink(
            atPath: root + "/rrsisd/" + file,
            withDestinationPath: file == name ? path : fixture + "/rrsisd/" + file)
    }
    let report = try RRSISDImporter(source: root).run(output: root + "/shards")
    for split in report.splits {
        let reader = try ShardReader(path: split.shard)
        if reader.count != split.samples { return "\(split.split) has \(reader.count) samples" }
        if let problem = reader.verify().first { return "a shard with a problem: \(problem)" }
    }
    if let silent = report.allProblems.first(where: { $0.message.isEmpty }) {
        return "a problem without words: \(silent)"
    }
    return nil
}

/// References of RRSIS-D, as `pickle.dump` writes them.
enum ReferencesKind: Kind {
    static let name = "references"
    static let suffix = "p"

    static func mutator(_ folder: String) throws -> Mutator {
        let whole = try files("Tests/Fixtures/importing/trees/rrsis-d", ".p")
        // The importer wants more than values; these show the instructions of every protocol.
        let values = try files("Tests/Fixtures/importing/pickles", ".p")
        return Mutator(seeds: whole + whole + whole + values)
    }

    static func read(_ path: String) throws -> String? {
        try importTree(with: "refs(unc).p", from: path)
    }

    static func isDocumented(_ error: any Error) -> Bool { error is ImportError }

    static func tellsPlace(_ error: any Error, _ path: String) -> Bool {
        "\(error)".contains("refs(unc).p")
    }
}

/// Annotations in COCO's format: polygons and runs.
enum AnnotationsKind: Kind {
    static let name = "annotations"
    static let suffix = "json"

    static func mutator(_ folder: String) throws -> Mutator {
        Mutator(
            seeds: inEncodings(try files("Tests/Fixtures/importing/trees/rrsis-d", ".json")),
            tokens: words(
                "{ } [ ] , : \" 0 -1 1e9 1.5 -0.5 999999 1e400 9223372036854775807 null true "
                    + "\"segmentation\" \"counts\" \"size\" [[]] oooooooooooooo"))
    }

    static func read(_ path: String) throws -> String? {
        try importTree(with: "instances.json", from: path)
    }

    static func isDocumented(_ error: any Error) -> Bool { error is ImportError }

    static func tellsPlace(_ error: any Error, _ path: String) -> Bool {
        // A split without a usable sample is named by the list of references.
        "\(error)".contains("instances.json") || "\(error)".contains("refs(unc).p")
    }
}

/// TIFF files of all kinds that are read, and PNG files of 16 bits.
enum TIFFKind: Kind {
    static let name = "tiff"
    static let suffix = "tif"

    /// The pictures of `depths.json`.
    private struct Depths: Decodable {
        struct Picture: Decodable {
            var file: Data
        }

        var pictures: [Picture]
    }

    static func mutator(_ folder: String) throws -> Mutator {
        let path = checkout + "/Tests/Fixtures/imaging/depths.json"
        let depths = try JSONDecoder().decode(
            Depths.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
        let others = Set(depths.pictures.map(\.file)).map { [UInt8]($0) }
        return Mutator(
            seeds: try files("Tests/Fixtures/importing/tiff", ".tif")
                + others.sorted { $0.lexicographicallyPrecedes($1) })
    }

    static func read(_ path: String) throws -> String? {
        let bytes = try ImageCodec.read(path: path)
        let decoded = try ImageCodec.decode(
            bytes, name: path, stretch: .percentiles(low: 2, high: 98), turning: true)
        let label = try ImageCodec.decodeLabelSamples(bytes, name: path, turning: true)
        let frames = [decoded.image.frame.width, decoded.image.frame.height].sorted()
        return frames == [label.frame.width, label.frame.height].sorted()
            ? nil : "a label of another size"
    }

    static func isDocumented(_ error: any Error) -> Bool { error is ImageError }
}
