import ArgumentParser
import Files
import Foundation
import PolicyFamilies
import Runs
import SourceCommit
import SystemErrors
import Terminals
import Torch

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct Think2SegCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "think2seg",
        abstract: "Teaches a vision-language model to prompt a frozen Segment Anything Model.",
        discussion: """
            The policy (\(PolicyRegistry.names)) reads an aerial picture and a question that needs reasoning, \
            thinks, and answers with boxes and points; frozen SAM2.1 makes the mask; the mask's \
            IoU with the truth is the reward; GRPO updates the policy.

            To begin:  think2seg quickstart
            """,
        version: versionLine,
        subcommands: [
            QuickstartCommand.self, TrainCommand.self, SFTCommand.self,
            PretrainSegmenterCommand.self, EvaluateCommand.self, CompareCommand.self,
            AblateCommand.self,
            ReportCommand.self, WatchCommand.self, RolloutsCommand.self, TrackCommand.self,
            PredictCommand.self, SegmentCommand.self, ScoreCommand.self, VerifyCommand.self,
            CheckpointCommand.self, DataCommand.self, ConfigCommand.self, PolicyCommand.self,
            SegmenterCommand.self, BenchmarkCommand.self, GlossaryCommand.self,
        ])
}

/// Version, commit and libtorch, in a line.
private var versionLine: String {
    "think2seg \(Think2Seg.version) (commit \(sourceCommit() ?? "unknown"), "
        + "libtorch \(TorchRuntime.loadedVersion))"
}

@main
enum Main {
    static func main() {
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try Think2SegCommand.parseAsRoot()
            try command.run()
        } catch {
            let arguments = Array(CommandLine.arguments.dropFirst())
            guard let status = exitStatus(of: error) else {
                let status = Think2SegCommand.exitCode(for: error)
                if arguments.first == "help", let advice = CommandTree(arguments).advice {
                    Console.error(advice)
                    exit(SystemExit.usage)
                }
                // Help that was asked for, and the end of a command that has said why.
                if status == .success || error is ExitCode {
                    Think2SegCommand.exit(withError: error)
                }
                Console.note("\(ParserMessage(error, CommandLine.arguments))")
                exit(status.rawValue)
            }
            let words = words(of: error)
            let advice = status == SystemExit.missingInput ? hubAdvice(words, arguments) : nil
            Console.error(advice.map { "\(words); \($0)" } ?? words)
            exit(status)
        }
    }
}
