import ArgumentParser
import Configuration
import Segmentation

/// Fails where a name is none of the templates and grammars.
///
/// - Throws: `ValidationError` with those that there are, and the nearest
func requireVariant(_ name: String) throws {
    if PromptVariant.named(name) != nil { return }
    let known = PromptVariant.all.map(\.name)
    throw ValidationError(
        "--variant is \(name), must be one of \(known.joined(separator: ", "))"
            + Nearest.question(name, among: known))
}
