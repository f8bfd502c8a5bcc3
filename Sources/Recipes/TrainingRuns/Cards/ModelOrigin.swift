import Configuration
import Files
import Foundation
import TextFiles
import Yams

/// A model or data set that a policy was made from: what it is called, and under which licence it is.
struct ModelOrigin {
    /// The name on the hub, `OWNER/NAME`; nil where nothing tells it.
    let hubName: String?
    /// What people read, without the place where it lies.
    let name: String
    /// `license`, `license_name` and `license_link` of the card in its folder.
    let license: [(key: String, value: String)]

    /// Looks at a path of a configuration, and into the folder, if it is still there.
    init(path: String) {
        let path = path.withoutSlashes
        let card = Self.card(path)
        hubName = Self.cached(path) ?? Self.stated(path)
        name = hubName ?? Self.shortName(path)
        license = ["license", "license_name", "license_link"].compactMap { key in
            card?[key].flatMap(String.init(yaml:)).map { (key, $0) }
        }
    }

    /// The name that a cache of the hub has in its path: `models--OWNER--NAME`.
    private static func cached(_ path: String) -> String? {
        for part in path.split(separator: "/").reversed() {
            for kind in ["models--", "datasets--"] where part.hasPrefix(kind) {
                let name = String(part.dropFirst(kind.count).replacing("--", with: "/"))
                if isHubName(name) { return name }
            }
        }
        return nil
    }

    /// The name that `config.json` states.
    private static func stated(_ folder: String) -> String? {
        guard let data = FileManager.default.contents(atPath: folder + "/config.json"),
            let object = try? JSONSerialization.jsonObject(file: data) as? [String: Any],
            let name = object["_name_or_path"] as? String, isHubName(name)
        else { return nil }
        return name
    }

    /// Whether a text can be a name on the hub, and no path.
    private static func isHubName(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2
            && parts.allSatisfy { part in
                part.first?.isLetter == true || part.first?.isNumber == true
                    ? part.allSatisfy {
                        $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0))
                    }
                    : false
            }
    }

    /// The last folder's name, or a run's with its step.
    private static func shortName(_ path: String) -> String {
        var parts = path.split(separator: "/").map(String.init)
        if parts.count > 2, parts[parts.count - 3] == "checkpoints" { parts.removeLast() }
        if parts.count > 2, parts[parts.count - 2] == "checkpoints" {
            return "\(parts[parts.count - 3]), \(parts[parts.count - 1])"
        }
        // Such a name alone says nothing.
        return parts.suffix(
            ["policy", "segmenter"].contains(parts.last) && parts.count > 2 ? 2 : 1
        )
        .joined(separator: "/")
    }

    /// The front of the card in a folder.
    private static func card(_ folder: String) -> Node? {
        guard let data = FileManager.default.contents(atPath: folder + "/README.md"),
            let text = try? TextContents(data, validating: false).text
        else { return nil }
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else {
            return nil
        }
        return try? compose(yaml: lines[1..<end].joined(separator: "\n"))
    }
}
