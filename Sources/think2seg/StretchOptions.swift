import ArgumentParser
import Imaging

/// What commands that read pictures are told about samples of more than 8 bits.
struct StretchOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Which values of a picture of more than 8 bits per sample become black and white: two values such as 0,3000 or six for red, green and blue, two percentiles such as p2,p98, or none for all that its type holds. A value below 0 needs an equals sign.",
            valueName: "none|LOW,HIGH|pLOW,pHIGH"))
    var stretch: String?

    /// What was given; nil if nothing was.
    var rule: Stretch? { stretch.flatMap { Stretch($0) } }

    func validate() throws {
        if let stretch, rule == nil {
            throw ValidationError(
                "--stretch is '\(stretch)', must be \(Stretch.notation), the lower one first")
        }
    }
}
