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

    private let bytes: UnsafeRawBufferPointer
    private var open: [Container] = []
    private var removed: [Range<Int>] = []

    /// A document without the members that do not count; the same bytes where all do.
    ///
    /// What is no JSON stays as it is.
    static func lastOfEach(_ data: Data) -> Data {
        let removed = data.withUnsafeBytes { bytes in
            var members = JSONMembers(bytes: bytes)
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

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Deeper than any document that Foundation reads.
    private static let depthLimit = 1024

    private mutating func scan() {
        var index = 0
        while index < bytes.count, open.count <= Self.depthLimit {
            switch bytes[index] {
            case UInt8(ascii: "{"): open.append(Container(isObject: true, expectsKey: true))
            case UInt8(ascii: "["): open.append(Container(isObject: false, expectsKey: false))
            case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = open.popLast()
            case UInt8(ascii: ","):
                if let last = open.last, last.isObject { open[open.count - 1].expectsKey = true }
            case UInt8(ascii: "\""):
                let end = endOfString(index)
                if open.last?.expectsKey == true { addKey(index..<end) }
                index = end
                continue
            default: break
            }
            index += 1
        }
    }

    /// The place behind the quotation mark that ends a text.
    private func endOfString(_ start: Int) -> Int {
        var index = start + 1
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index + 1, bytes.count)
    }

    private mutating func addKey(_ range: Range<Int>) {
        let last = open.count - 1
        open[last].expectsKey = false
        open[last].starts.append(range.lowerBound)
        var key = [UInt8](bytes[range])
        if key.contains(UInt8(ascii: "\\")),
            let decoded = try? JSONDecoder().decode(
                [String].self, from: Data("[".utf8) + Data(key) + Data("]".utf8))
        {
            key = Array("\"\(decoded[0])\"".utf8)
        }
        let place = open[last].starts.count - 1
        guard let before = open[last].places.updateValue(place, forKey: key) else { return }
        removed.append(open[last].starts[before]..<open[last].starts[before + 1])
    }
}
