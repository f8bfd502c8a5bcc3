import ArgumentParser

/// Whether a command tells how far it is.
struct QuietOption: ParsableArguments {
    @Flag(help: "Say only what is wrong.")
    var quiet = false
}

/// The configuration file of a run, and what is set in its place.
struct ConfigurationFile: ParsableArguments {
    @Argument(help: "The YAML file.", transform: PathArgument.configuration)
    var config: String

    @OptionGroup var options: ConfigurationOptions
}

/// The segmenter of a command that needs one.
struct SegmenterOption: ParsableArguments {
    @Option(
        help: "A SAM2.1 checkpoint: its folder in the hub's layout, or an official .pt file.",
        transform: PathArgument.segmenter)
    var segmenter: String
}

/// Where a command's result goes besides what it prints.
struct ResultOption: ParsableArguments {
    @Option(
        help: "Where the result goes as JSON; - for standard output.", transform: PathArgument.file)
    var json: String?
}
