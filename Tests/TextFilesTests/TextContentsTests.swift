import Foundation
import Testing
import TextFiles

@Suite struct TextContentsTests {
    private static let text = "{\"é\": \"🚢 \u{FEFF}\"}\r\n二\n"
    private static let marked: [(String, Data)] = [
        ("UTF-8", Data(TextStream.mark) + Data(text.utf8)), ("bare UTF-8", Data(text.utf8)),
        ("UTF-16 LE", wide([0xFF, 0xFE], .utf16LittleEndian)),
        ("UTF-16 BE", wide([0xFE, 0xFF], .utf16BigEndian)),
    ]

    private static func wide(_ mark: [UInt8], _ encoding: String.Encoding) -> Data {
        Data(mark) + (text.data(using: encoding) ?? Data())
    }

    private func fault(_ bytes: [UInt8]) -> String {
        do throws(TextFault) {
            return "read: \(try TextContents(Data(bytes)).text)"
        } catch { return error.description }
    }

    @Test("A byte order mark at the start is skipped, and tells UTF-16 of either order")
    func marks() throws {
        for (name, data) in Self.marked {
            #expect(try TextContents(data).text == Self.text, "\(name)")
        }
        for empty in [[], TextStream.mark, [0xFF, 0xFE], [0xFE, 0xFF]] {
            #expect(try TextContents(Data(empty)).bytes.isEmpty)
        }
    }

    @Test("What is neither UTF-8 nor UTF-16 with a mark is an error with the byte and the line")
    func faults() {
        #expect(
            fault(Array("ab\ncd".utf8) + [0xE9, 0x2C])
                == "not UTF-8 at byte 5 (line 2): 0xE9; save the file as UTF-8")
        #expect(
            fault(TextStream.mark + [0x61, 0xFF])
                == "not UTF-8 at byte 4 (line 1): 0xFF; save the file as UTF-8")
        #expect(
            fault([0x61, 0xE2, 0x82])
                == "not UTF-8 at byte 1 (line 1): 0xE2, a character that is cut short; save the file as UTF-8"
        )
        #expect(
            fault([0x7B, 0, 0x22, 0])
                == "not UTF-8 at byte 1 (line 1): a NUL, as in UTF-16 without a byte order mark; save "
                + "the file as UTF-8")
        #expect(fault([0x89, 0x50, 0x4E, 0x47]) == "no text, but a PNG picture")
        #expect(fault([0x49, 0x49, 0x2A, 0, 8]) == "no text, but a TIFF picture")
        #expect(
            fault([0x58, 0x10, 0, 0, 0, 0, 0, 0, 0x7B, 0x22])
                == "no text, but a file of weights (safetensors)")
        #expect(fault([0, 0x7B, 0, 0x22]).hasPrefix("not UTF-8 at byte 0 (line 1): a NUL, as in"))
        for mark: [UInt8] in [[0xFF, 0xFE, 0, 0], [0, 0, 0xFE, 0xFF]] {
            #expect(
                fault(mark + [0x61, 0, 0, 0])
                    == "not UTF-8 at byte 0 (line 1): the byte order mark of UTF-32; save the file as "
                    + "UTF-8")
        }
    }

    @Test("UTF-16 with half a character or half a surrogate pair is an error with the byte")
    func halves() {
        let start: [UInt8] = [0xFF, 0xFE, 0x61, 0, 0x0A, 0]
        #expect(
            fault(start + [0x62])
                == "not UTF-16 at byte 6 (line 2): a character is cut short; save the file as UTF-8"
        )
        for half: [UInt8] in [[0x00, 0xDC], [0x00, 0xD8], [0x00, 0xD8, 0x61, 0]] {
            #expect(
                fault(start + half)
                    == "not UTF-16 at byte 6 (line 2): half a surrogate pair; save the file as UTF-8"
            )
        }
    }

    @Test("A stream of pieces gives the same text, wherever they are cut")
    func pieces() throws {
        for (name, data) in Self.marked {
            for size in 1...5 {
                var stream = TextStream()
                var text = Data()
                for start in stride(from: 0, to: data.count, by: size) {
                    text += try stream.add(data[start..<min(start + size, data.count)])
                }
                text += try stream.finish()
                #expect(text == Data(Self.text.utf8), "\(name) by \(size)")
            }
        }
    }

    @Test("What is UTF-8 is what Swift takes for it, at every byte")
    func validity() {
        var state: UInt64 = 1
        let bytes: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0,
            0xE1,
            0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF,
        ]
        for round in 0..<20_000 {
            let text = (0..<(round % 13)).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return bytes[Int(state >> 33) % bytes.count]
            }
            let fault = TextContents.fault(in: text)
            #expect((fault == nil) == (String(validating: text, as: UTF8.self) != nil), "\(text)")
            if let fault {
                #expect(String(validating: text[..<fault.byte], as: UTF8.self) != nil, "\(text)")
            }
        }
    }

    @Test("Lines keep their numbers without blank ones, and lose marks at their starts")
    func lines() throws {
        let contents = try TextContents(Data("\u{FEFF}a\n \t\r\n\u{FEFF}b\u{FEFF}\n\nc".utf8))
        let lines = contents.lines().map { ($0.number, String(decoding: $0.bytes, as: UTF8.self)) }
        #expect(lines.map(\.0) == [1, 3, 5])
        #expect(lines.map(\.1) == ["a", "b\u{FEFF}", "c"])
    }

    @Test("Places in the text are places in the file, whatever its encoding")
    func places() throws {
        let offset = Array(Self.text.utf8).firstIndex(of: UInt8(ascii: "}")) ?? 0
        for (name, data) in Self.marked {
            let place = try TextContents(data).fileOffset(of: offset)
            #expect(data[place...].prefix(2).contains(UInt8(ascii: "}")), "\(name)")
        }
    }

    @Test("Of members of one name the last counts, at any depth, as in Python")
    func members() throws {
        struct Inner: Decodable, Equatable { let x: [Int] }
        struct Outer: Decodable, Equatable {
            let a: Int
            let b: Inner
        }
        let json =
            #"{"a": 1, "b": 7, "\u0061": 2, "b": {"x": [1, 2], "y": "},", "x": [3]} , "a":4}"#
        let decoded = try JSONDecoder().decode(Outer.self, file: Data(json.utf8))
        #expect(decoded == Outer(a: 4, b: Inner(x: [3])))
        let object = try JSONSerialization.jsonObject(file: Data(json.utf8)) as? [String: Any]
        #expect(object?["a"] as? Int == 4)
        // What is no JSON stays an error.
        for bad in [
            #"{"a": x, "a": 1, "b": {"x": []}}"#, #"{"a": 1, "a"}"#, #"{"a": 1 "a": 2}"#,
            "{\"a\": \"", "]{",
        ] {
            #expect(throws: (any Error).self) {
                try JSONDecoder().decode(Outer.self, file: Data(bad.utf8))
            }
        }
    }
}
