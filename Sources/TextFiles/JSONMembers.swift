import Foundation

/// Finds members of JSON objects whose keys stand again later, as Python, which takes the last, does not
/// see them.
struct JSONMembers {
    /// An object or list that is open.
    private struct Container {
        let isObject: Bool
        var expectsKey: Bool
        /// Where members begin, in order.
        var starts: [Int] = []
        /// The place in ``starts`` of each key.
        var places: [[UInt8]: Int] = [:]
    }

    private var scanner: JSONScanner
    private var open: [Container] = []
    private var removed: [Range<Int>] = []

    /// A document without the members that do not count; the same bytes where all do.
    ///
    /// What is no JSON stays as it is.
    static func lastOfEach(_ data: Data) -> Data {
        let removed = data.withUnsafeBytes { bytes in
            var members = JSONMembers(JSONScanner(bytes.assumingMemoryBound(to: UInt8.self)))
            members.scan()
            return members.removed
        }
        // A member that is left out must not hide that it is no JSON.
        guard !removed.isEmpty, (try? JSONSerialization.jsonObject(with: data)) != nil else {
            return data
        }
        var result = Data()
        var place = 0
        for range in removed.sorted(by: { $0.lowerBound < $1.lowerBound })
        where range.lowerBound >= place {
            result += data.dropFirst(place).prefix(range.lowerBound - place)
            place = range.upperBound
        }
        return result + data.dropFirst(place)
    }

    private init(_ scanner: JSONScanner) { self.scanner = scanner }

    /// Deeper than any document that Foundation reads.
    private static let depthLimit = 1024

    private mutating func scan() {
        while let sign = scanner.next, open.count <= Self.depthLimit {
            switch sign {
            case UInt8(ascii: "{"): open.append(Container(isObject: true, expectsKey: true))
            case UInt8(ascii: "["): open.append(Container(isObject: false, expectsKey: false))
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = open.popLast()
            case UInt8(ascii: ","):
                if let last = open.last, last.isObject { open[open.count - 1].expectsKey = true }
            case UInt8(ascii: "\""):
                let start = scanner.position
                scanner.skipString()
                if open.last?.expectsKey == true { addKey(start..<scanner.position) }
                continue
            default: break
            }
            scanner.position += 1
        }
    }

    private mutating func addKey(_ range: Range<Int>) {
        let last = open.count - 1
        open[last].expectsKey = false
        open[last].starts.append(range.lowerBound)
        var key = [UInt8](scanner.bytes[range])
        if key.contains(UInt8(ascii: "\\")) {
            var inside = JSONScanner(scanner.bytes, position: range.lowerBound)
            if let decoded = inside.string() { key = Array("\"\(decoded)\"".utf8) }
        }
        let place = open[last].starts.count - 1
        guard let before = open[last].places.updateValue(place, forKey: key) else { return }
        removed.append(open[last].starts[before]..<open[last].starts[before + 1])
    }
}
