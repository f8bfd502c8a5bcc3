import ArgumentParser
import Policies
import TrainingRuns

/// Which adapter a policy is asked with, and of which base.
struct AdapterOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A LoRA adapter of --policy: a folder that PEFT, TRL or a run with policy.adapter wrote.",
            valueName: "folder"),
        transform: PathArgument.adapter)
    var adapter: String?

    @Option(
        help: ArgumentHelp(
            "The base of an adapter, where it is not in the folder that the adapter names: a run's whose "
                + "policy moved, or a --policy that is an adapter.",
            valueName: "folder"),
        transform: PathArgument.policy)
    var base: String?

    /// Fails where the options make no sense with the others.
    func check(policy: String?) throws {
        if adapter != nil, policy == nil {
            throw ValidationError("--adapter is for --policy, the folder of its base")
        }
        if adapter != nil, base != nil {
            throw ValidationError("give --adapter with --policy, or --base: both name the base")
        }
    }

    /// The files that are read.
    var inputs: [CommandInputFiles] { [adapter, base].compactMap(\.self).map { .policy($0) } }

    /// The names of the options that are given.
    var given: [String] {
        (adapter == nil ? [] : ["--adapter"]) + (base == nil ? [] : ["--base"])
    }

    /// The folder that says how the policy is asked.
    func asked(_ policy: String) -> String { adapter ?? policy }
}
