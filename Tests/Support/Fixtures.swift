public import Foundation

/// Reference values that other systems made; `Tests/Fixtures/README.md` says what each file holds.
public enum Fixtures {
    /// The folder of all fixtures: `$THINK2SEG_FIXTURES`, or `Tests/Fixtures` of this checkout.
    ///
    /// The variable runs the same tests on fixtures that the generators made from other seeds.
    public static var root: String {
        if let other = ProcessInfo.processInfo.environment["THINK2SEG_FIXTURES"], !other.isEmpty {
            return other
        }
        return URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Fixtures").path
    }

    /// The path of a file or folder: the set's name, a slash, its path in the set.
    public static func path(_ name: String) -> String { root + "/" + name }

    /// The bytes of a file.
    public static func data(_ name: String) throws -> Data {
        do {
            return try Data(contentsOf: URL(fileURLWithPath: path(name)))
        } catch {
            throw MissingFixture(path: path(name))
        }
    }

    /// A JSON file.
    public static func decode<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value
    {
        try JSONDecoder().decode(type, from: data(name))
    }
}

/// A fixture that is not there.
public struct MissingFixture: Error, CustomStringConvertible {
    /// Where it should be.
    public let path: String

    /// A fixture by its path.
    public init(path: String) { self.path = path }

    /// The sentence for people.
    public var description: String {
        "\(path): no such fixture; Tests/Fixtures/generate makes them"
    }
}

/// Runs `body` with a folder of its own that goes away afterwards.
public func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = NSTemporaryDirectory() + "think2seg-tests-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}
