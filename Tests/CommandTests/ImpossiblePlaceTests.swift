import ArgumentParser
import FilesTestSupport
import Foundation
import Terminals
import TestSupport
import Testing

@testable import think2seg

/// What commands say of places that nothing can be written to.
@Suite struct ImpossiblePlaceTests {
    /// Commands that write to `^`; `@` is a folder with inputs, `R` that of the carried models.
    private static let commands = [
        "policy init --config R/policy --output ^",
        "segmenter init --config R/segmenter --output ^",
        "data synthesize --count 1 --side 64 --quiet --output ^",
        "data synthesize --count 1 --side 64 --quiet --layout earthreason --output ^",
        "data import refsegrs @/set --quiet --output ^",
        "data inspect @/sc/train.h5 --samples 1 --pictures ^",
        "data inspect @/sc/train.h5 --json ^",
        "predict --policy R/policy --image @/a.png --question x --json ^",
        "segment --segmenter R/segmenter --image @/a.png --point 1,1 --output ^",
        "segment --segmenter R/segmenter --image @/a.png --point 1,1 --output @/m.png --logits ^",
        "train @/c.yaml --quiet --set output_dir=^", "sft @/sft.yaml --quiet --set output_dir=^",
        "pretrain-segmenter @/seg.yaml --quiet --set output_dir=^",
        "evaluate --policy R/policy --segmenter R/segmenter --data @/sc/train.h5 --json ^",
        "score --completions @/c.jsonl --no-segmenter --json ^", "quickstart --steps 1 --output ^",
        "config init --output ^",
    ]

    /// Words that only Foundation's and Swift's own errors have.
    private static let raw = [
        "NSCocoa", "NSPOSIX", "Error Domain", "could not be completed", "couldn’t be completed",
        "couldn't be", "CocoaError", "DecodingError", "EncodingError", "Swift.", "UserInfo",
        "Code=", "Foundation", "errno =",
    ]

    @Test(
        "Every command says where it cannot write and why, in words, and exits with a status for it"
    )
    func everyCommand() throws {
        try withTemporaryFolder { folder in
            try prepare(folder)
            let before = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
            // What is refused at once, for all; what the system refuses, for those that do little before.
            let early = ["\(folder)/file/x", "", "a\0b"].map { ($0, Self.commands) }
            let late = ["/proc/nope"].map {
                ($0, Array(Self.commands.prefix(6)))
            }
            for (place, lines) in early + late {
                for line in lines {
                    let call = CommandCall(line, in: folder, place: place)
                    let (status, said) = (call.status, call.said)
                    #expect([64, 73, 74, 78].contains(status), "\(line) \(place): \(said)")
                    let isNamed =
                        place.isEmpty || said.contains(place)
                        || said.contains("character")
                    #expect(isNamed, "\(line): \(said)")
                    for word in Self.raw where said.contains(word) {
                        Issue.record("\(line) says \(word): \(said)")
                    }
                }
            }
            let after = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
            #expect(before == after)
        }
    }

    private func prepare(_ folder: String) throws {
        _ = CommandCall("data synthesize --count 2 --side 64 --quiet --output @/sc", in: folder)
        _ = CommandCall(
            "data inspect @/sc/train.h5 --samples 1 --json @/i.json --pictures @/p", in: folder)
        try FileManager.default.moveItem(
            atPath: folder + "/p/scene-000000.png", toPath: folder + "/a.png")
        let models = "policy: {path: \(CommandCall.models)/policy}\n"
        let data = "data: {train: \(folder)/sc/train.h5, image_size: 56}\n"
        for (name, text) in [
            ("file", "x"), ("set/output_phrase_val.txt", "no phrase of a picture\n"),
            ("c.jsonl", "{\"id\": \"a\", \"completion\": \"x\"}\n"),
            (
                "c.yaml",
                models + "segmenter: {path: \(CommandCall.models)/segmenter}\n" + data
                    + "grpo: {num_generations: 2}\ntraining: {max_steps: 1}\n"
            ), ("sft.yaml", models + data + "training: {max_steps: 1}\n"),
            (
                "seg.yaml",
                "segmenter: {path: \(CommandCall.models)/segmenter}\n"
                    + "data: {train: \(folder)/sc/train.h5}\n"
            ),
        ] {
            let path = URL(fileURLWithPath: "\(folder)/\(name)")
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: path)
        }
    }
}
