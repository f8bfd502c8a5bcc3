public import ArgumentParser
import Foundation
public import Imaging
import Importers

extension ExifPolicy: ExpressibleByArgument {}

/// What commands that read pictures are told about orientations.
struct ExifOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What to do with an orientation other than 1 that a picture's EXIF data state: ignore takes the pixels as they are stored, apply turns the picture as viewers do.",
            valueName: "ignore|apply"))
    var exif = ExifPolicy.ignore
}

/// What imports are told about label pictures.
struct LabelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The values of labels that are target, such as 1 or 1,3-5 or #ff0000; all others are background. Without it, what is above 0.",
            valueName: "values"))
    var labelValues: String?

    @Option(
        help: ArgumentHelp(
            "The values of labels that count neither in rewards nor in metrics, such as 255.",
            valueName: "values"))
    var ignoreValues: String?

    @Option(
        help: ArgumentHelp(
            "The least value of labels that is target, such as 128: for soft edges and JPEG noise. Not together with --label-values.",
            valueName: "value"))
    var threshold: Int?

    /// The rule that the options make.
    ///
    /// - Throws: `LabelRuleError`
    func rule() throws -> LabelRule {
        try LabelRule(
            labelValues: labelValues.map { try LabelValues($0) },
            ignoreValues: ignoreValues.map { try LabelValues($0) }, threshold: threshold)
    }

    func validate() throws {
        do { _ = try rule() } catch { throw ValidationError("\(error)") }
    }
}
