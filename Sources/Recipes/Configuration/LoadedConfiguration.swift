import Files
import TextFiles

/// Reads a configuration of any kind: its defaults, a file, overrides, then what no single key can tell.
///
/// - Parameters:
///   - file: the YAML file; nil for the defaults
///   - overrides: `key=value` each, the later one wins
///   - foreign: what other trainers call keys and values
///   - onNote: is told what people should know of a configuration that has no problem
///   - check: completes the configuration, and reports what is wrong with it as a whole
/// - Returns: the configuration, complete and checked
/// - Throws: ``ConfigurationError`` with every problem that there is
package func loadConfiguration<Root: KeyedConfiguration>(
    file: String?, overrides: [String], foreign: ForeignNames = ForeignNames(),
    onNote: (String) -> Void = { _ in },
    check: (inout Root, inout ConfigurationReader<Root>) -> Void
) throws -> Root {
    var configuration = Root()
    var reader = ConfigurationReader(
        keys: Root.keys, listing: Root.listing, foreign: foreign)
    if let file {
        let text = try configurationText(
            file, what: "configuration file", command: Root.command)
        reader.read(text, file: file, into: &configuration)
    }
    if !reader.problems.isEmpty, reader.locations.isEmpty {
        // The file is not a configuration at all: what it lacks is beside the point.
        throw ConfigurationError(problems: reader.problems)
    }
    for assignment in overrides { reader.override(assignment, into: &configuration) }
    check(&configuration, &reader)
    if !reader.problems.isEmpty { throw ConfigurationError(problems: reader.problems) }
    reader.notes.forEach(onNote)
    return configuration
}

extension KeyedConfiguration {
    /// The defaults with some keys in their place; what they mean together is not looked at.
    ///
    /// - Throws: ``ConfigurationError`` with every key that is wrong
    package static func defaults(
        overrides: [String], foreign: ForeignNames = ForeignNames()
    ) throws -> Self {
        var configuration = Self()
        var reader = ConfigurationReader(keys: keys, listing: listing, foreign: foreign)
        for assignment in overrides { reader.override(assignment, into: &configuration) }
        if reader.problems.isEmpty { return configuration }
        throw ConfigurationError(problems: reader.problems)
    }
}

extension KeyedConfiguration {
    /// Does what a configuration asks for; what turns out to be wrong with a key then is told with its place,
    /// as what is wrong with its value alone.
    ///
    /// - Parameters:
    ///   - file: the YAML file that the configuration was read from
    ///   - overrides: `key=value` each
    ///   - located: gets an error, and what gives a ``ConfigurationError`` its places; returns what is thrown
    ///   - body: what is done
    /// - Returns: what the body returns
    /// - Throws: what the body throws, with places
    package static func locating<Value>(
        file: String, overrides: [String],
        located: (any Error, (any Error) -> any Error) -> any Error = { $1($0) },
        _ body: () throws -> Value
    ) throws -> Value {
        do { return try body() } catch {
            var configuration = Self()
            var reader = ConfigurationReader(keys: keys, listing: listing, foreign: ForeignNames())
            if let text = try? configurationText(file, what: "configuration file") {
                reader.read(text, file: file, into: &configuration)
            }
            for assignment in overrides { reader.override(assignment, into: &configuration) }
            let places = reader.locations
            throw located(error) { error in
                guard let error = error as? ConfigurationError else { return error }
                return ConfigurationError(
                    problems: error.problems.map {
                        guard $0.location.isEmpty, let place = places[$0.key] else { return $0 }
                        return ConfigurationProblem(
                            location: place, key: $0.key, message: $0.message)
                    })
            }
        }
    }
}

/// A file's text.
///
/// - Parameters:
///   - file: the file
///   - what: what it is called
///   - command: the command that it should be for, where it is for one
/// - Returns: the text
/// - Throws: ``MissingInputError``, or ``ConfigurationError`` if it is no text
package func configurationText(
    _ file: String, what: String, command: String? = nil
) throws -> String {
    if file.isFolder { throw folderError(file, what, command) }
    let data = try inputFile(file, what)
    do throws(TextFault) {
        return try TextContents(data).text
    } catch {
        throw ConfigurationError(problems: [
            ConfigurationProblem(
                location: "\(file):\(error.line)", key: "", message: error.description)
        ])
    }
}

/// What is said of a folder in the place of a configuration: what it is, and the file that is meant.
private func folderError(
    _ folder: String, _ what: String, _ command: String?
) -> MissingInputError {
    let path = folder.withoutSlashes.isEmpty ? folder : folder.withoutSlashes
    let advice =
        switch InputKind.of(folder) {
        case .run: runAdvice(path, what, command)
        case .configurations(let file): "write a file of it, such as \(file)"
        case let kind?: "it is \(kind.words(path))"
        case nil: "write the path of a YAML file"
        }
    return MissingInputError(
        path: folder, what: what, reason: "is a folder, expected a \(what); \(advice)")
}

/// What to write in the place of a run's folder: its configuration, if that is for the command.
private func runAdvice(_ path: String, _ what: String, _ command: String?) -> String {
    let file = "\(path)/config.yaml"
    guard let other = RunContents(path).command else {
        return what == "plan"
            ? "it is the folder of a run, whose \(file) can be the base of a plan"
            : "it is the folder of a run: write \(file)"
    }
    let run = "it is the folder of a run of \(other)"
    if what == "plan" {
        return other == "train"
            ? "\(run), whose \(file) can be the base of a plan"
            : "\(run), and a plan's base is a configuration of train"
    }
    guard let command, command != other else { return "\(run): write \(file)" }
    return
        "\(run), not \(command): `think2seg \(other) \(file)` takes its configuration, and this takes "
        + "one of \(command)"
}
