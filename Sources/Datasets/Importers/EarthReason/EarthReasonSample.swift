import Datasets
import Foundation
import Imaging
import SystemErrors
import TextFiles

/// A sample as its files give it, with what is odd about it.
struct EarthReasonSample {
    var sample: SegmentationSample
    var warnings: [ImportProblem] = []

    /// Reads and checks the files of a sample.
    ///
    /// - Throws: ``ImportDefect`` for the first thing that makes it unusable.
    init(_ files: EarthReasonFiles, _ reader: ImportReader) throws {
        let image = try StoredImage(path: files.image, reader)
        let masks = try readLabel(files, image, reader)
        let mask = masks.target
        let (file, texts) = try readTexts(files)
        let questions = texts.questions.filter { !isBlank($0) }
        guard !questions.isEmpty else {
            throw ImportDefect(file: file, message: "there is no question that is not empty")
        }
        let answers = (texts.answers ?? []).filter { !isBlank($0) }
        sample = image.sample(id: files.id, questions: questions, answers: answers, masks)
        if questions.count < texts.questions.count {
            warn(file, "left out \(texts.questions.count - questions.count) empty questions")
        }
        if texts.answers == nil {
            warn(file, "there is no 'answer'; the label says whether there is a target")
        } else if answers.isEmpty, !mask.isEmpty {
            warn(
                file,
                "there is no answer, but the label has \(mask.count) pixels; "
                    + "the label counts: the sample has a target")
        } else if !answers.isEmpty, mask.isEmpty {
            warn(
                file,
                "there is an answer, but the label is empty; "
                    + "the label counts: the sample has no target")
        }
    }

    private mutating func warn(_ file: String, _ message: String) {
        warnings.append(
            ImportProblem(severity: .warning, id: sample.id, file: file, message: message))
    }
}

/// The contents of a file of questions and answers.
private struct EarthReasonTexts: Decodable {
    var questions: [String]
    /// nil where the key is missing.
    var answers: [String]?

    private enum Key: String, CodingKey {
        case questions, answer, answers
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        questions = try container.decode([String].self, forKey: .questions)
        answers =
            try container.decodeIfPresent([String].self, forKey: .answer)
            ?? container.decodeIfPresent([String].self, forKey: .answers)
    }
}

private func readLabel(
    _ files: EarthReasonFiles, _ image: StoredImage, _ reader: ImportReader
) throws -> LabelMasks {
    guard let label = files.label else {
        throw ImportDefect(
            file: files.image,
            message: "there is no label \(EarthReasonLayout.labels)/\(files.id).png")
    }
    let masks = try reader.label(label) { planes in
        var target = planes.channels[0]
        for channel in planes.channels.dropFirst() { target.formUnion(channel) }
        return .success(target)
    }
    return try reader.fitted(
        masks, "label", path: label, image: image.frame, stated: image.stated)
}

private func readTexts(_ files: EarthReasonFiles) throws -> (String, EarthReasonTexts) {
    guard let file = files.questions else {
        throw ImportDefect(
            file: files.image,
            message: "there are no questions \(EarthReasonLayout.questions)/\(files.id).json")
    }
    do {
        let bytes = try ImageCodec.read(path: file)
        return (file, try JSONDecoder().decode(EarthReasonTexts.self, file: Data(bytes)))
    } catch let error as ImageError {
        throw ImportDefect(file: file, message: "\(error.what); \(error.hint)")
    } catch let error as DecodingError {
        throw ImportDefect(file: file, message: describe(error))
    }
}

private func describe(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _):
        return "the key '\(key.stringValue)' is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
        let path = context.codingPath.map {
            $0.intValue.map { "[\($0)]" } ?? "'\($0.stringValue)'"
        }.joined()
        return path.isEmpty
            ? "not a JSON object with the keys 'questions' and 'answer'"
            : "\(path) is not what it should be: 'questions' and 'answer' are lists of texts"
    default: return DecodingProblem(error).description
    }
}
