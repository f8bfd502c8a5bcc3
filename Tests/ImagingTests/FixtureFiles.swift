import Foundation
import Imaging
import TestSupport
import Testing

/// The fixtures that Tests/Fixtures/generators/imaging_fixtures.py writes.
enum FixtureFiles {
    static func names(_ folder: String, suffix: String) -> [String] {
        let found =
            (try? FileManager.default.contentsOfDirectory(
                atPath: Fixtures.path("imaging/" + folder))) ?? []
        return found.filter { $0.hasSuffix(suffix) }.sorted()
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Fixtures.data("imaging/" + name))
    }
}

/// A picture without two equal rows or columns.
func testPicture(_ width: Int, _ height: Int) -> RGBImage {
    RGBImage(
        width: width, height: height,
        pixels: (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 * $0 * 7 + $0 / 3) })
}
