package import Configuration

/// What configurations of all kinds of runs say about where they run.
package protocol RunPlacement {
    var outputDirectory: String { get set }
    var seed: Int { get set }
    var device: String { get set }
    var threads: Int { get set }
}

extension ConfigurationKey where Root: RunPlacement {
    /// Where a run runs, and from which seed.
    package static var placement: [Self] {
        [
            Self("output_dir", path: \.outputDirectory, "The folder that the run writes to"),
            Self("seed", \.seed, "Where all randomness starts", in: 0...),
            Self(
                "device", \.device, "Where models compute",
                rule: .pattern("cpu|cuda(:[0-9]{1,4})?", meaning: "cpu, cuda or cuda:N")),
            Self(
                "threads", \.threads,
                "Threads of an operation; 0: as the sizes of the models' products say. A run keeps what "
                    + "it began with", in: 0...1024),
        ]
    }
}
