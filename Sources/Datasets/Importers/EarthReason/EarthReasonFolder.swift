import Foundation

/// The folders of EarthReason and of data sets laid out like it.
enum EarthReasonLayout {
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
    /// The files of one kind, each id's in order.
    private struct Kind {
        /// By their names without the ending.
        var whole: [String: [String]] = [:]
        /// By their names up to the first dot.
        var short: [String: [String]] = [:]
    }

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
        let images = try list(path, EarthReasonLayout.images, PictureName.endings)
        let labels = try list(path, EarthReasonLayout.labels, ["png", "tif", "tiff"])
        let questions = try list(path, EarthReasonLayout.questions, ["json"])
        var used: Set<String> = []
        for name in images.whole.keys.sorted(by: precedes) {
            let files = Self.files(of: name, images, labels, questions)
            used.formUnion(files.kinds.joined())
            if let ambiguous = files.kinds.first(where: { $0.count > 1 }) {
                refuse(files.id, ambiguous)
            } else {
                samples.append(
                    EarthReasonFiles(
                        id: files.id, image: files.kinds[0][0], label: files.kinds[1].first,
                        questions: files.kinds[2].first))
            }
        }
        samples.sort { precedes($0.id, $1.id) }
        for others in [labels, questions] {
            for id in others.whole.keys.sorted(by: precedes) {
                problems += (others.whole[id] ?? []).filter { !used.contains($0) }.map {
                    ImportProblem(
                        severity: .warning, id: nil, file: $0,
                        message: "ignored: there is no image of the id '\(id)'")
                }
            }
        }
    }

    /// The id of an image's name, and the sample's images, labels and questions.
    ///
    /// An image's name without its ending is the id. Where that leaves it without a label or questions, and
    /// there is one file of each kind with the same name up to the first dot, that is the id.
    private static func files(
        of name: String, _ images: Kind, _ labels: Kind, _ questions: Kind
    ) -> (id: String, kinds: [[String]]) {
        let kinds = [images, labels, questions]
        let whole = kinds.map { $0.whole[name] ?? [] }
        if !whole.contains(where: \.isEmpty) { return (name, whole) }
        let beginning = String(name.prefix { $0 != "." })
        let short = kinds.map { $0.short[beginning] ?? [] }
        return short.allSatisfy { $0.count == 1 } ? (beginning, short) : (name, whole)
    }

    private mutating func refuse(_ id: String, _ files: [String]) {
        rejected += 1
        let names = files.map { ($0 as NSString).lastPathComponent }
        problems.append(
            ImportProblem(
                severity: .error, id: id, file: files[0],
                message:
                    "\(names.joined(separator: ", ")) have the id '\(id)', the name without its "
                    + "ending: leave one, or rename them"))
    }

    /// The visible files of a folder; a folder that is missing has none.
    private mutating func list(
        _ path: String, _ folder: String, _ extensions: [String]
    ) throws -> Kind {
        let folder = path + "/" + folder
        guard FileManager.default.fileExists(atPath: folder) else {
            problems.append(
                ImportProblem(
                    severity: .warning, id: nil, file: folder, message: "there is no such folder"))
            return Kind()
        }
        var kind = Kind()
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        for name in names.sorted(by: precedes) where !name.hasPrefix(".") {
            let file = folder + "/" + name
            if extensions.contains((name as NSString).pathExtension.lowercased()) {
                kind.whole[PictureName.stem(name, extensions), default: []].append(file)
                kind.short[String(name.prefix { $0 != "." }), default: []].append(file)
            } else {
                problems.append(
                    ImportProblem(
                        severity: .warning, id: nil, file: file,
                        message: "ignored: only \(extensions.joined(separator: ", ")) are read"))
            }
        }
        return kind
    }
}
