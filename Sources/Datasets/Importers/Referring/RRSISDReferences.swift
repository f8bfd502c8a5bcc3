import Pickles

/// One entry of the list `refs(unc).p`: a text that refers to an annotated object.
struct RRSISDReference {
    var id: Int
    var annotation: Int
    var image: Int
    var category: Int
    var split: String
    /// The first sentence, as it is in the file.
    var sentence: String
}

/// The entries of `refs(unc).p`.
struct RRSISDReferences {
    /// Those that can be used, in the file's order, their ids unique.
    private(set) var entries: [RRSISDReference] = []
    /// Those that cannot, with the split that they name, if it is one.
    private(set) var problems: [(split: String?, problem: ImportProblem)] = []

    /// Reads the list.
    ///
    /// - Throws: ``ImportError`` if the file is no pickle of a list.
    init(_ bytes: [UInt8], file: String) throws {
        let root: PickleFile.Value
        do throws(PickleFault) {
            root = try PickleFile(bytes).root
        } catch {
            throw ImportError(
                path: file,
                message: "\(error.problem); it must be a pickle of lists, dictionaries, texts and "
                    + "numbers")
        }
        guard let list = root.elements else {
            throw ImportError(
                path: file, message: "the pickle is \(root.kind), not a list of references")
        }
        var found: [RRSISDReference] = []
        for (index, value) in list.enumerated() {
            let fields = value.fields ?? [:]
            let id = fields["ref_id"]?.integer
            do throws(ImportDefect) {
                found.append(try Self.entry(fields, isDictionary: value.fields != nil, value.kind))
            } catch {
                let place = id == nil ? "entry \(index + 1): " : ""
                refuse(fields["split"]?.text, id, file, place + error.message)
            }
        }
        let counts = Dictionary(found.map { ($0.id, 1) }, uniquingKeysWith: +)
        for entry in found {
            if let count = counts[entry.id], count > 1 {
                refuse(
                    entry.split, entry.id, file,
                    "\(count) entries have the ref_id \(entry.id): leave one")
            } else {
                entries.append(entry)
            }
        }
    }

    private mutating func refuse(_ split: String?, _ id: Int?, _ file: String, _ message: String) {
        let known = split.flatMap { PlannedSplit.names.contains($0) ? $0 : nil }
        problems.append(
            (
                known,
                ImportProblem(
                    severity: .error, id: id.map(String.init), file: file, message: message)
            ))
    }

    /// The entry of those fields; a defect's file is not filled in.
    private static func entry(
        _ fields: [String: PickleFile.Value], isDictionary: Bool, _ kind: String
    ) throws(ImportDefect) -> RRSISDReference {
        func defect(_ message: String) -> ImportDefect { ImportDefect(file: "", message: message) }
        guard isDictionary else { throw defect("\(kind), not a dictionary") }
        func integer(_ key: String) throws(ImportDefect) -> Int {
            guard let value = fields[key] else { throw defect("'\(key)' is missing") }
            guard let number = value.integer else {
                throw defect("'\(key)' is \(value.kind), not an integer")
            }
            return number
        }
        guard let split = fields["split"]?.text else { throw defect("'split' is not a text") }
        guard PlannedSplit.names.contains(split) else {
            let known = PlannedSplit.names.joined(separator: ", ")
            throw defect("the split '\(split)' is unknown; \(known) are imported")
        }
        guard let sentences = fields["sentences"]?.elements else {
            throw defect("'sentences' is not a list")
        }
        guard let first = sentences.first else { throw defect("'sentences' is empty") }
        guard let sentence = first.fields?["sent"]?.text else {
            throw defect("the first of 'sentences' has no text 'sent'")
        }
        guard !isBlank(sentence) else { throw defect("the first sentence is empty") }
        return RRSISDReference(
            id: try integer("ref_id"), annotation: try integer("ann_id"),
            image: try integer("image_id"), category: try integer("category_id"), split: split,
            sentence: sentence)
    }
}
