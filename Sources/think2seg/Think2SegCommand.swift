import ArgumentParser
import Foundation
import PolicyFamilies
import Runs
import SystemErrors

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
        version: "think2seg \(Think2Seg.version)",
        subcommands: [
            QuickstartCommand.self, TrainCommand.self, SFTCommand.self,
            PretrainSegmenterCommand.self, EvaluateCommand.self, CompareCommand.self,
            AblateCommand.self,
            ReportCommand.self, TrackCommand.self,
            PredictCommand.self, SegmentCommand.self, ScoreCommand.self, VerifyCommand.self,
            CheckpointCommand.self, DataCommand.self, ConfigCommand.self, PolicyCommand.self,
            SegmenterCommand.self, BenchmarkCommand.self,
        ])
}

@main
enum Main {
    static func main() {
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try Think2SegCommand.parseAsRoot()
            try command.run()
        } catch {
            guard let status = exitStatus(of: error) else {
                let message = Think2SegCommand.message(for: error)
                lookAlikeHint(message, CommandLine.arguments).map(Console.note)
                Think2SegCommand.exit(withError: error)
            }
            Console.error(words(of: error))
            exit(status)
        }
    }
}
