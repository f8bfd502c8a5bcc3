import Configuration
import FilesTestSupport
import Foundation
import RLTrainer
import Testing

@testable import Policies
@testable import Settings
@testable import SupervisedTraining

/// What a policy was trained with, as its folder says it, and what configurations make of it.
@Suite struct PolicyRecordTests {
    private let trained = AskingSettings(
        imageSize: 224, variant: "box", system: "Look \u{1F6F0} here.\n", chatTemplate: .checkpoint,
        maxCompletionLength: 110)

    private func record(_ settings: AskingSettings) -> PolicyRecord {
        PolicyRecord(command: "train", product: "0.1.0", settings: settings)
    }

    /// A folder with a record in it, and nothing else.
    private func withRecord<Result>(
        _ text: String? = nil, _ body: (String) throws -> Result
    ) throws -> Result {
        try withFolder { folder in
            if let text {
                try Data(text.utf8).write(
                    to: URL(fileURLWithPath: "\(folder)/\(PolicyRecord.file)"))
            } else {
                try record(trained).write(into: folder)
            }
            return try body(folder)
        }
    }

    @Test("A record is read as it was written, the same one has the same bytes, and names no file")
    func roundTrip() throws {
        try withRecord { folder in
            let written = try contents("\(folder)/think2seg.json")
            #expect(try PolicyRecord.read(folder) == record(trained))
            #expect(try record(trained).json() == written)
            #expect(!String(decoding: written, as: UTF8.self).contains(folder))
            var other = trained
            other.chatTemplate = .file("/home/ada/own.jinja")
            #expect(record(other).settings.chatTemplate == .checkpoint)
            let bare = record(AskingSettings())
            #expect(try PolicyRecord(json: bare.json(), path: "x") == bare)
        }
        let none = try withFolder { try PolicyRecord.read($0) }
        #expect(none == nil)
    }

    @Test("What is not the method's is told by its key, whatever other keys have as a standard")
    func unusual() {
        func keys(_ settings: AskingSettings, _ options: AskingSettings = .init()) -> [String] {
            settings.unusual(besides: options).map(\.key)
        }
        #expect(keys(.standard).isEmpty)
        #expect(keys(AskingSettings(imageSize: 1024)) == ["data.image_size"])
        #expect(
            keys(AskingSettings(maxCompletionLength: 840)) == ["grpo.max_completion_length"])
        #expect(keys(AskingSettings(imageSize: 1024), AskingSettings(imageSize: 56)).isEmpty)
    }

    @Test("A record that is newer, damaged, or says what nothing can be is refused by file and key")
    func refused() throws {
        let head = #""version": 1, "command": "sft", "product": "1""#
        let cases = [
            (#"{"version": 2, "what": []}"#, "version is 2, and this program reads 1: use a newer"),
            (#"{"version": 0}"#, "version is 0, must be 1"), (#"{"command": "sft"}"#, "version"),
            (#"{"version": 1}"#, "command"), ("{", "not valid JSON"), ("", "not valid JSON"),
            ("[1]", "not an object"), ("{\(head), \"imagesize\": 224}", "did you mean image_size"),
            ("{\(head), \"seed\": 1}", "seed is unknown"),
            ("{\(head), \"image_size\": \"224\"}", "image_size is not an integer"),
            ("{\(head), \"image_size\": 27}", "image_size is 27, must be from 28 to 4096"),
            ("{\(head), \"max_completion_length\": 0}", "max_completion_length is 0, must be"),
            ("{\(head), \"variant\": \"boxes\"}", "variant is boxes, must be one of box_2points"),
            ("{\(head), \"chat_template\": \"a.jinja\"}", "chat_template"),
            ("{\(head), \"system\": 5}", "system is not a text"),
        ]
        for (text, expected) in cases {
            try withRecord(text) { folder in
                let said = message { _ = try PolicyRecord.read(folder) }
                #expect(said.hasPrefix("\(folder)/think2seg.json: "), "\(said)")
                #expect(said.contains(expected), "\(text): \(said)")
            }
        }
        try withRecord("{\(head), \"image_size\": null}") { folder in
            let found = try PolicyRecord.read(folder)
            #expect(found?.settings == AskingSettings())
        }
    }

    @Test("What a configuration does not set is as the policy was trained, and a line says so")
    func defaults() throws {
        try withRecord { folder in
            var notes: [String] = []
            let paths = ["policy.path=\(folder)", "data.train=a.h5"]
            let run = try RunConfiguration.load(
                file: nil, overrides: paths + ["segmenter.path=s"], onNote: { notes.append($0) })
            #expect(run.asking == trained)
            #expect(notes.count == 1 && notes[0].contains("image_size 224, variant box, system"))
            #expect(notes[0].contains("as \(folder) was trained"))
            #expect(run.warnings == RunConfiguration.loadedWithout(run).warnings)

            notes = []
            let sft = try SFTConfiguration.load(
                file: nil, overrides: paths, onNote: { notes.append($0) })
            #expect(sft.asking.completed(by: trained) == trained && notes.count == 1)
            #expect(try sft.record().settings == trained)
        }
        var notes: [String] = []
        let new = try SFTConfiguration.load(
            file: nil, overrides: ["policy.start=embedded", "data.train=a.h5"],
            onNote: { notes.append($0) })
        #expect(new.data.imageSize == 224 && notes.count == 1)
    }

    @Test(
        "What a configuration sets counts, and a line says where the policy was trained otherwise")
    func explicit() throws {
        try withRecord { folder in
            let paths = ["policy.path=\(folder)", "segmenter.path=s", "data.train=a.h5"]
            var notes: [String] = []
            func load(_ overrides: [String]) throws -> RunConfiguration {
                notes = []
                return try RunConfiguration.load(
                    file: nil, overrides: paths + overrides, onNote: { notes.append($0) })
            }
            let run = try load(["data.image_size=840", "prompt.variant=box_2points"])
            #expect(run.data.imageSize == 840 && run.prompt.system == trained.system)
            let said = run.warnings.filter { $0.contains("was trained with") }
            #expect(
                said == [
                    "\(folder) was trained with image_size 224, asked with 840; variant box, asked with "
                        + "box_2points"
                ])
            // How long answers may be is no mistake of a run, but is told.
            let longer = try load(["grpo.max_completion_length=300"])
            #expect(longer.grpo.sampling.maxCompletionLength == 300)
            #expect(!longer.warnings.contains { $0.contains("was trained with") })
            #expect(notes.contains { $0.contains("max_completion_length 110, asked with 300") })
            // The resolved copy reads back equal, whatever the record says by then.
            let copy = folder + "/config.yaml"
            try Data(run.resolved().utf8).write(to: URL(fileURLWithPath: copy))
            try record(AskingSettings(imageSize: 448)).write(into: folder)
            #expect(try RunConfiguration.load(file: copy) == run)
        }
    }

    @Test(
        "A record that cannot be read is a problem of policy.path where it would decide, else a warning"
    )
    func damaged() throws {
        try withRecord(#"{"version": 2}"#) { folder in
            let paths = ["policy.path=\(folder)", "segmenter.path=s", "data.train=a.h5"]
            let error = #expect(throws: ConfigurationError.self) {
                try RunConfiguration.load(file: nil, overrides: paths)
            }
            #expect(error?.problems.map(\.key) == ["policy.path"])
            #expect(error?.description.contains("think2seg.json: version is 2") == true)
            let settled = try RunConfiguration.load(
                file: nil, overrides: paths + trained.values.map { "\($0.key)=\($0.yaml)" })
            #expect(settled.asking == trained)
            #expect(settled.warnings.contains { $0.contains("think2seg.json: version is 2") })
        }
    }

    @Test("A chat template counts as another only where the policy's own was trained with")
    func templates() {
        func differences(_ before: ChatTemplateChoice, _ now: ChatTemplateChoice) -> [String] {
            AskingSettings(chatTemplate: before).differences(from: .init(chatTemplate: now))
        }
        #expect(differences(.builtin, .checkpoint).isEmpty)
        #expect(differences(.checkpoint, .file("a.jinja")).isEmpty)
        #expect(
            differences(.checkpoint, .builtin) == ["chat_template checkpoint, asked with builtin"])
    }
}

extension RunConfiguration {
    /// The same settings for a policy without a record.
    fileprivate static func loadedWithout(_ run: RunConfiguration) -> RunConfiguration {
        var result = run
        result.policy.path = "/none"
        return result
    }
}
