import Foundation

/// The splits of EarthReason and of data sets laid out like it, in their usual order.
enum EarthReasonLayout {
    static let splits = ["train", "val", "test"]
    static let images = "images"
    static let labels = "labels"
    static let questions = "QAs"
    static let dataset = "EarthReason"
}

/// The files of one sample.
struct EarthReasonFiles {
    var id: String
    var image: String
    /// nil where there is none.
    var label: String?
    /// nil where there is none.
    var questions: String?
}

/// The files of one split, by sample.
struct EarthReasonFolder {
    /// Samples that have one image each, by the bytes of their ids.
    private(set) var samples: [EarthReasonFiles] = []
    /// What does not belong to any of them.
    private(set) var problems: [ImportProblem] = []
    /// How many ids have more than one file of a kind and were left out.
    private(set) var rejected = 0

    /// Lists the folder `ROOT/SPLIT`.
    ///
    /// - Throws: The system's error if a folder cannot be listed.
    init(_ path: String) throws {
        let images = try list(
            path, EarthReasonLayout.images, extensions: ["jpg", "jpeg", "png", "tif", "tiff"])
        let labels = try list(path, EarthReasonLayout.labels, extensions: ["png", "tif", "tiff"])
        let questions = try list(path, EarthReasonLayout.questions, extensions: ["json"])
        for id in images.keys.sorted(by: precedes) {
            let kinds = [images, labels, questions].map { $0[id] ?? [] }
            if let ambiguous = kinds.first(where: { $0.count > 1 }) {
                rejected += 1
                problems += ambiguous.map {
                    ImportProblem(
                        severity: .error, id: id, file: $0,
                        message: "\(ambiguous.count) files here have the id '\(id)' (the name up "
                            + "to the first dot): leave one")
                }
            } else {
                samples.append(
                    EarthReasonFiles(
                        id: id, image: kinds[0][0], label: kinds[1].first,
                        questions: kinds[2].first))
            }
        }
        for others in [labels, questions] {
            for id in others.keys.sorted(by: precedes) where images[id] == nil {
                problems += (others[id] ?? []).map {
                    ImportProblem(
                        severity: .warning, id: nil, file: $0,
                        message: "ignored: there is no image of the id '\(id)'")
                }
            }
        }
    }

    /// The visible files of a folder by id, each id's in order; a folder that is missing has none.
    private mutating func list(
        _ path: String, _ folder: String, extensions: [String]
    ) throws -> [String: [String]] {
        let folder = path + "/" + folder
        guard FileManager.default.fileExists(atPath: folder) else {
            problems.append(
                ImportProblem(
                    severity: .warning, id: nil, file: folder, message: "there is no such folder"))
            return [:]
        }
        var files: [String: [String]] = [:]
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        for name in names.sorted(by: precedes) where !name.hasPrefix(".") {
            let file = folder + "/" + name
            if extensions.contains((name as NSString).pathExtension.lowercased()) {
                files[String(name.prefix { $0 != "." }), default: []].append(file)
            } else {
                problems.append(
                    ImportProblem(
                        severity: .warning, id: nil, file: file,
                        message: "ignored: only \(extensions.joined(separator: ", ")) are read"))
            }
        }
        return files
    }
}
