import Foundation
import TestSupport
import Testing

@testable import Tokenizers

@Suite("What a tokenizer's file asks for is done or refused") struct PipelineRefusalTests {
    /// A small tokenizer of characters, with other members.
    private static func load(
        _ members: [String: String], model: String = "", vocab: String = ""
    ) throws -> Tokenizer {
        var all = [
            "normalizer": "null", "pre_tokenizer": "null", "post_processor": "null",
            "decoder": #"{"type": "Fuse"}"#, "added_tokens": "[]",
            "model":
                #"{"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "▁": 3\#(vocab)}, "merges": ["a b"]\#(model)}"#,
        ]
        all.merge(members) { $1 }
        let text = all.map { "\"\($0)\": \($1)" }.joined(separator: ",")
        return try Tokenizer(
            files: TokenizerFiles(
                contents: [TokenizerFiles.definition: Data("{\(text)}".utf8)], origin: "t.json"))
    }

    @Test(
        "What is not understood is refused by file, key and name",
        arguments: [
            ("normalizer", #"{"type": "Precompiled"}"#, "normalizer.type", "'Precompiled'"),
            (
                "normalizer",
                #"{"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Nmt"}]}"#,
                "normalizer.normalizers[1].type", "'Nmt'"
            ),
            (
                "normalizer", #"{"type": "Replace", "pattern": {"Regex": "a\\b"}, "content": ""}"#,
                "normalizer.pattern.Regex", #"'\b' in a regular expression"#
            ),
            (
                "normalizer", #"{"type": "Prepend", "prepend": "a", "twice": true}"#,
                "normalizer.twice", "unknown"
            ),
            (
                "pre_tokenizer", #"{"type": "UnicodeScripts"}"#, "pre_tokenizer.type",
                "'UnicodeScripts'"
            ),
            (
                "pre_tokenizer",
                #"{"type": "Split", "pattern": {"Regex": "(a"}, "behavior": "Isolated"}"#,
                "pre_tokenizer.pattern.Regex", "no regular expression"
            ),
            (
                "pre_tokenizer",
                #"{"type": "Split", "pattern": {"String": ""}, "behavior": "Isolated"}"#,
                "pre_tokenizer.pattern.String", "empty"
            ),
            (
                "pre_tokenizer",
                #"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "last"}"#,
                "pre_tokenizer.prepend_scheme", "'last'"
            ),
            (
                "pre_tokenizer", #"{"type": "Metaspace", "replacement": "__"}"#,
                "pre_tokenizer.replacement", "not one character"
            ),
            ("pre_tokenizer", #"{"type": "ByteLevel"}"#, "decoder.type", "'ByteLevel'"),
            ("decoder", "null", "decoder.type", "missing"),
            ("decoder", #"{"type": "CTC"}"#, "decoder.type", "'CTC'"),
            ("decoder", #"{"type": "ByteLevel"}"#, "pre_tokenizer.type", "'ByteLevel'"),
            (
                "post_processor",
                #"{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "a"}}], "special_tokens": {"a": {"ids": [0]}}}"#,
                "post_processor.single", "once"
            ),
            ("post_processor", #"{"type": "Other"}"#, "post_processor.type", "'Other'"),
        ])
    func refused(member: String, value: String, key: String, words: String) throws {
        let error = try #require(throws: TokenizerError.self) { try Self.load([member: value]) }
        #expect(error.description.hasPrefix("t.json: key '\(key)'"), "\(error)")
        #expect(error.description.contains(words), "\(error)")
    }

    @Test("A model that needs tokens which its vocabulary lacks is refused")
    func models() throws {
        for (model, key) in [
            (#", "byte_fallback": true"#, "model.byte_fallback"),
            (#", "unk_token": "<unk>""#, "model.unk_token"),
            (#", "speed": 2"#, "model.speed"), (#", "dropout": 0.5"#, "model.dropout"),
        ] {
            let error = try #require(throws: TokenizerError.self) {
                try Self.load([:], model: model)
            }
            #expect(error.description.hasPrefix("t.json: key '\(key)'"), "\(error)")
        }
    }

    @Test("A character that is no token is left out, or unknown, alone or with its neighbours")
    func unknown() throws {
        func ids(_ model: String) throws -> [Int] {
            try Self.load([:], model: model, vocab: #", "?": 4"#)
                .encode("abxyba", specialTokens: .parse)
        }
        #expect(try ids("") == [2, 1, 0])
        #expect(try ids(#", "unk_token": "?""#) == [2, 4, 4, 1, 0])
        #expect(try ids(#", "unk_token": "?", "fuse_unk": true"#) == [2, 4, 1, 0])
    }

    @Test(
        "A stretch between added tokens has its own mark, or only the first has, as the file says")
    func marks() throws {
        let added =
            #"[{"id": 9, "content": "<i>", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}]"#
        func ids(_ member: String, _ value: String) throws -> [Int] {
            try Self.load([member: value, "added_tokens": added])
                .encode("ab<i>ab", specialTokens: .parse)
        }
        #expect(try ids("normalizer", #"{"type": "Prepend", "prepend": "▁"}"#) == [3, 2, 9, 3, 2])
        let space = #"{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"}"#
        #expect(try ids("pre_tokenizer", space) == [3, 2, 9, 2])
    }

    @Test(
        "What a user writes is a word of the file, thoughts among them, and never a control token")
    func words() throws {
        let tokenizer = try Tokenizer.load(
            path: Fixtures.path("tokenizer_pipelines/qwen35.json"))
        func ids(_ text: String, _ policy: Tokenizer.SpecialTokenPolicy) -> [Int] {
            tokenizer.encode(text, specialTokens: policy)
        }
        let thought = "<think> </think>\n<tool_response>"
        #expect(ids(thought, .words) == ids(thought, .parse))
        #expect(ids("<think>", .words) == [try tokenizer.requiredID(for: "<think>")])
        #expect(ids("<|im_end|>", .words) == ids("<|im_end|>", .asText))
        #expect(ids("<tool_call>", .words) == ids("<tool_call>", .asText))
        #expect(!tokenizer.controlSpellings.contains("<think>"))
    }

    @Test("A conversation has the tokens around it that the file names, once")
    func conversations() throws {
        let tokenizer = try Tokenizer.load(path: Fixtures.path("tokenizer_pipelines/llava.json"))
        func ids(_ text: String) throws -> [Int] {
            try tokenizer.encode(
                [ChatText(text, isSaid: false), ChatText("<s>", isSaid: true)],
                imageTokenCounts: [3], imageToken: "<image>")
        }
        let begin = try tokenizer.requiredID(for: "<s>")
        let image = try tokenizer.requiredID(for: "<image>")
        let found = try ids("USER: <image>\nWhat")
        #expect(found.first == begin && found.count { $0 == begin } == 1)
        #expect(found.count { $0 == image } == 3)
        #expect(try ids("<s>USER: <image>\nWhat") == found)
    }
}
