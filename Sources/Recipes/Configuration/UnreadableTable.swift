import Files
import Foundation
import Yams

/// What keeps a file from being read as a table of keys, whichever keys these are; nil if nothing does, or
/// there is no file.
///
/// - Parameter file: a YAML file
/// - Returns: file, line, and what is wrong
package func unreadableTable(_ file: String) -> String? {
    guard FileManager.default.fileExists(atPath: file) else { return nil }
    do {
        let text = try configurationText(file, what: "configuration")
        let reading = ConfigurationText(text, file: file)
        if let problem = reading.problems.first {
            return "\(problem.location): \(problem.message)"
        }
        guard let tree = reading.tree, tree.mapping == nil else { return nil }
        let place = tree.mark.map { "\(file):\($0.line):\($0.column)" } ?? file
        return "\(place): the file is not a table of keys"
    } catch let error as ConfigurationError {
        return error.problems.first.map { "\($0.location): \($0.message)" }
    } catch {
        return "\(error)"
    }
}
