import Foundation
import TestSupport

@testable import Tokenizers

/// Reference values from Hugging Face's libraries; see Tests/Fixtures/generators/tokenizers_fixtures.py.
enum Fixture {
    struct Encoding: Decodable {
        let text: String
        let parsed: [Int]
        let plain: [Int]
    }

    struct Decoding: Decodable {
        let ids: [Int]
        let kept: String
        let skipped: String
    }

    struct Cases: Decodable {
        let encode: [Encoding]
        let decode: [Decoding]
    }

    struct Part: Decodable {
        let type: String
        let text: String?
    }

    struct Message: Decodable {
        let role: String
        let content: [Part]
    }

    struct Chat: Decodable {
        let messages: [Message]
        let counts: [Int]
        let prompt: Bool
        let rendered: String
        let ids: [Int]
    }

    struct Trained: Decodable {
        let encode: [Encoding]
        let chats: [Chat]
    }

    struct Classes: Decodable {
        let letters: [[UInt32]]
        let numbers: [[UInt32]]
        let spaces: [[UInt32]]
    }

    struct Unicode: Decodable {
        let classes: Classes
        let compositions: [[String]]
    }

    static func url(_ name: String) -> URL {
        URL(fileURLWithPath: Fixtures.path("tokenizers/" + name))
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(contentsOf: url(name)))
    }

    static func tokenizer() throws -> Tokenizer {
        try Tokenizer.load(path: url("tokenizer.json").path)
    }

    /// A fresh directory that lasts as long as `body` runs.
    static func withDirectory(_ body: (URL) throws -> Void) throws {
        try withTemporaryFolder { try body(URL(fileURLWithPath: $0)) }
    }
}

extension String {
    /// Whether two texts are the same code units; `==` would take equivalent ones for equal.
    func isSame(as other: String) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}
