import ChatTemplates
import Foundation
import TestSupport
import Testing

@Suite struct ChatTemplateFilesTests {
    private func write(_ files: [String: String], _ folder: String) throws {
        for (name, text) in files {
            let path = URL(fileURLWithPath: "\(folder)/\(name)")
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: path)
        }
    }

    @Test(
        "Of several templates the one counts that a processor of transformers takes, and others are told"
    )
    func order() throws {
        var files = [
            "tokenizer_config.json":
                #"{"chat_template": [{"name": "tool", "template": "x"}, {"name": "default", "template": "tokenizer"}]}"#,
            "additional_chat_templates/default.jinja": "additional",
            "chat_template.jinja": "jinja", "chat_template.json": #"{"chat_template": "json"}"#,
            "processor_config.json": "\u{FEFF}" + #"{"chat_template": "processor"}"#,
        ]
        for (name, first) in [
            ("processor_config.json", "processor"), ("chat_template.json", "json"),
            ("chat_template.jinja", "jinja"),
            ("additional_chat_templates/default.jinja", "additional"),
            ("tokenizer_config.json", "tokenizer"),
        ] {
            try withTemporaryFolder { folder in
                try write(files, folder)
                let found = try ChatTemplateFiles(folder: folder)
                #expect(found.all.first?.source == first)
                #expect((found.disagreement != nil) == (files.count > 1))
            }
            files[name] = nil
        }
        try withTemporaryFolder { folder in
            let found = try ChatTemplateFiles(folder: folder)
            #expect(found.all.isEmpty)
        }
    }

    @Test("Special tokens are given by their roles, as the tokenizer's class has them")
    func specialTokens() throws {
        try withTemporaryFolder { folder in
            let text =
                #"{"bos_token": null, "eos_token": {"content": "<|im_end|>"}, "image_token": "<i>", "add_bos_token": false}"#
            try write(["tokenizer_config.json": text], folder)
            #expect(
                try ChatTemplateFiles(folder: folder).variables == [
                    "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>",
                    "unk_token": "<|endoftext|>", "image_token": "<i>",
                ])
        }
    }

    @Test("A file that cannot be a template's is an error that names it")
    func badFiles() throws {
        try withTemporaryFolder { folder in
            try write(["a.json": "{", "b.json": "{}", "c.json": #"{"chat_template": 1}"#], folder)
            try Data([0xFF, 0xFE]).write(to: URL(fileURLWithPath: folder + "/d.jinja"))
            for path in ["a.json", "b.json", "c.json", "d.jinja", "."].map({ "\(folder)/\($0)" }) {
                #expect {
                    try ChatTemplateFiles.template(path: path, variables: [:])
                } throws: { ($0 as? ChatTemplateError)?.origin == path }
            }
        }
    }
}
