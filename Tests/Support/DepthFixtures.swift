public import Foundation

/// A picture of another depth than 8 bits, or with blocks left out, and what it is.
public struct DepthCase: Decodable, Sendable, CustomStringConvertible {
    /// What is special about it.
    public var name: String
    /// The file.
    public var file: Data
    /// How --stretch says it; nil for at most 8 bits.
    public var stretch: String?
    /// The picture's bytes.
    public var rgb: Data
    /// One byte for each pixel: 1 where a sample is above 0.
    public var label: Data
    /// The least and the greatest value, of more than 8 bits.
    public var range: [Double]?

    /// The name, with the stretch.
    public var description: String { name + (stretch.map { ", " + $0 } ?? "") }
    /// The file.
    public var bytes: [UInt8] { [UInt8](file) }
}

/// Percentiles of several pictures together.
public struct PercentileCase: Decodable, Sendable {
    /// The pictures.
    public var files: [Data]
    /// How --stretch says it.
    public var stretch: String
    /// Low and high of the gray ones.
    public var gray: [Double]
    /// Low and high of each channel of the others.
    public var colors: [[Double]]
}

/// The fixtures that Tests/Fixtures/generators/imaging_depths.py writes.
public struct DepthFixtures: Decodable, Sendable {
    /// Pictures, each once for every stretch.
    public var pictures: [DepthCase]
    /// Percentiles of several.
    public var percentiles: [PercentileCase]

    /// All of them; none if the file cannot be read, which a test notices.
    public static let all =
        (try? JSONDecoder().decode(
            DepthFixtures.self, from: Fixtures.data("imaging/depths.json")))
        ?? DepthFixtures(pictures: [], percentiles: [])

    /// The file of a name.
    public static func file(_ name: String) -> [UInt8] {
        all.pictures.first { $0.name == name }?.bytes ?? []
    }
}
