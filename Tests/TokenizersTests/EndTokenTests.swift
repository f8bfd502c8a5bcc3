import Foundation
import TestSupport
import Testing

@testable import Tokenizers

@Suite struct EndTokenTests {
    /// The token that a tokenizer says is the end, with other files beside it.
    private func endToken(_ files: [String: String]) throws -> Tokenizer.EndToken? {
        try withTemporaryFolder { folder in
            try FileManager.default.copyItem(
                atPath: Fixtures.path("tokenizers/trained/tokenizer.json"),
                toPath: folder + "/tokenizer.json")
            for (name, text) in files {
                try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
            }
            return try Tokenizer.load(directory: URL(fileURLWithPath: folder)).endToken
        }
    }

    private let configuration = "tokenizer_config.json"
    private let map = "special_tokens_map.json"

    @Test("The end is eos_token of the files beside the tokenizer, as a text or as a token")
    func forms() throws {
        #expect(try endToken([:]) == nil)
        #expect(try endToken([configuration: #"{"eos_token": null}"#]) == nil)
        for value in [#""<|im_end|>""#, #"{"content": "<|im_end|>", "special": true}"#] {
            for name in [configuration, map] {
                let token = try #require(try endToken([name: "{\"eos_token\": \(value)}"]))
                #expect(token.content == "<|im_end|>" && token.file.hasSuffix("/" + name))
            }
        }
    }

    @Test("special_tokens_map.json counts first where tokenizer_config.json lists no added tokens")
    func order() throws {
        func end(_ more: String) throws -> String? {
            try endToken([
                configuration: "{\(more)\"eos_token\": \"<|im_end|>\"}",
                map: #"{"eos_token": "<|endoftext|>"}"#,
            ])?.content
        }
        #expect(try end("") == "<|endoftext|>")
        #expect(try end(#""added_tokens_decoder": {}, "#) == "<|im_end|>")
    }

    @Test("What is no token is refused, by file and key")
    func refused() {
        for value in ["5", "[\"<|im_end|>\"]", "{}", "\"<|no such token|>\""] {
            #expect {
                _ = try endToken([configuration: "{\"eos_token\": \(value)}"])
            } throws: { "\($0)".contains("\(configuration): key 'eos_token'") }
        }
    }
}
