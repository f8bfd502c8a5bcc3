public import Foundation
import TextFiles

/// A JSON object's text, in which members are replaced, left out or added, while every other byte stays.
///
/// Decoding and encoding again would turn `30.0` into `30` and `1e-06` into `1e-6`, and lose the order.
public struct JSONText: Sendable {
    /// What becomes of a member.
    public enum Edit: Sendable {
        /// It stays as it is; members of its value are asked about.
        case keep
        /// Its value becomes this JSON.
        case replace(String)
        /// It is left out.
        case remove
    }

    private let bytes: [UInt8]
    private let objects: [JSONObjectSpan]

    /// Reads a document.
    ///
    /// - Parameters:
    ///   - data: UTF-8, whose byte order mark stays if it has one, or UTF-16 with one, which becomes UTF-8
    ///   - file: what errors call it
    /// - Throws: ``TokenizerError`` if it is no text, not JSON, or no object
    public init(_ data: Data, file: String) throws {
        let start = data.starts(with: TextStream.mark) ? TextStream.mark.count : 0
        bytes = Array(start > 0 ? data : try TextContents(data, file: file).bytes)
        guard case .object = try JSONParser.parse(data, file: file) else {
            throw TokenizerError.malformedJSON(
                file: file, offset: start, reason: "the document is no object")
        }
        objects = bytes.withUnsafeBufferPointer { buffer in
            var scanner = JSONSpanScanner(buffer, position: start)
            scanner.value(at: [])
            return scanner.objects.sorted { $0.start < $1.start }
        }
    }

    /// The value of a member at the top, as it is written; of several the last.
    public func value(_ key: String) -> String? {
        objects.first?.members.last { $0.key == key }.map { text($0.value) }
    }

    /// The document with other members.
    ///
    /// - Parameters:
    ///   - added: keys and values, in JSON, for the end of the outermost object
    ///   - edit: decides about a member by the keys that lead to it, places in lists among them, and its
    ///     value in JSON
    /// - Returns: the document
    public func edited(
        adding added: [(key: String, value: String)] = [],
        _ edit: (_ path: [String], _ value: String) -> Edit
    ) -> Data {
        var changes: [(range: Range<Int>, text: String)] = []
        for object in objects {
            if changes.contains(where: { $0.range.contains(object.start) }) { continue }
            let edits = object.members.map { edit(object.path + [$0.key], text($0.value)) }
            changes += zip(object.members, edits).compactMap { member, edit in
                if case .replace(let value) = edit { (member.value, value) } else { nil }
            }
            changes += removals(object, edits).map { ($0, "") }
            if object.path.isEmpty, object.start == objects[0].start, !added.isEmpty {
                changes.append(addition(added, to: object, edits))
            }
        }
        // Of changes at one place the shorter is an insertion, which comes first.
        changes.sort {
            ($0.range.lowerBound, $0.range.count) < ($1.range.lowerBound, $1.range.count)
        }
        var result: [UInt8] = []
        var position = 0
        for change in changes {
            result += bytes[position..<change.range.lowerBound] + Array(change.text.utf8)
            position = change.range.upperBound
        }
        return Data(result + bytes[position...])
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    /// The bytes of members that are left out, each with the comma that it needs no more.
    private func removals(_ object: JSONObjectSpan, _ edits: [Edit]) -> [Range<Int>] {
        let members = object.members
        let isRemoved = edits.map { if case .remove = $0 { true } else { false } }
        let lastKept = isRemoved.lastIndex(of: false)
        return members.indices.compactMap { index in
            guard isRemoved[index] else { return nil }
            if let lastKept, index < lastKept {
                return members[index].whole.lowerBound..<members[index + 1].whole.lowerBound
            }
            let end = index == 0 ? object.start : members[index - 1].whole.upperBound
            return end..<members[index].whole.upperBound
        }
    }

    /// Members after the last that stays, spaced as the others are.
    private func addition(
        _ added: [(key: String, value: String)], to object: JSONObjectSpan, _ edits: [Edit]
    ) -> (range: Range<Int>, text: String) {
        let kept = zip(object.members, edits).filter {
            if case .remove = $0.1 { false } else { true }
        }.map(\.0)
        guard let first = object.members.first, let last = kept.last else {
            let lines = added.map { "\"\($0.key)\": \($0.value)" }
            return (object.start..<object.start, lines.joined(separator: ", "))
        }
        let colon = text(first.keyEnd..<first.value.lowerBound)
        let indentation = text(object.start..<first.whole.lowerBound)
        let space = indentation.isEmpty && colon.hasSuffix(" ") ? " " : indentation
        let lines = added.map { ",\(space)\"\($0.key)\"\(colon)\($0.value)" }
        return (last.whole.upperBound..<last.whole.upperBound, lines.joined())
    }
}

/// Where an object and its members stand.
private struct JSONObjectSpan: Sendable {
    struct Member: Sendable {
        let key: String
        let keyEnd: Int
        /// From the key's quotation mark to the end of the value.
        let whole: Range<Int>
        let value: Range<Int>
    }

    /// The keys and places that lead to it.
    let path: [String]
    /// The byte after its brace.
    let start: Int
    let members: [Member]
}

/// Finds where things stand in a document that is known to be JSON.
private struct JSONSpanScanner {
    private var scanner: JSONScanner
    private(set) var objects: [JSONObjectSpan] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>, position: Int) {
        scanner = JSONScanner(bytes, position: position)
    }

    /// Steps over a value, and notes the objects in it.
    mutating func value(at path: [String]) {
        scanner.skipSpaces()
        switch scanner.next {
        case nil: return
        case UInt8(ascii: "{"): object(at: path)
        case UInt8(ascii: "["): list(at: path)
        case UInt8(ascii: "\""): scanner.skipString()
        default:
            let isWord =
                scanner.take(word: "true") || scanner.take(word: "false")
                || scanner.take(word: "null")
            if !isWord { _ = scanner.numberCharacters() }
        }
    }

    private mutating func list(at path: [String]) {
        scanner.position += 1
        var place = 0
        scanner.skipSpaces()
        while !scanner.take("]") {
            value(at: path + [String(place)])
            place += 1
            step()
        }
    }

    private mutating func object(at path: [String]) {
        scanner.position += 1
        let start = scanner.position
        var members: [JSONObjectSpan.Member] = []
        scanner.skipSpaces()
        while !scanner.take("}") {
            let first = scanner.position
            let key = scanner.string() ?? ""
            let keyEnd = scanner.position
            scanner.skipSpaces()
            scanner.position += 1
            scanner.skipSpaces()
            let value = scanner.position
            self.value(at: path + [key])
            let end = scanner.position
            members.append(.init(key: key, keyEnd: keyEnd, whole: first..<end, value: value..<end))
            step()
        }
        objects.append(JSONObjectSpan(path: path, start: start, members: members))
    }

    /// Steps over a comma and the space around it.
    private mutating func step() {
        scanner.skipSpaces()
        _ = scanner.take(",")
        scanner.skipSpaces()
    }
}
