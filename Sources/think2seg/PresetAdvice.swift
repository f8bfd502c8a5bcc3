import Configuration
import Files
import Foundation
import Settings
import TextFiles

/// What to do where a preset's name stands for a configuration file.
enum PresetAdvice {
    /// The preset's file, if it is here, and the command that writes one.
    ///
    /// - Parameter path: a path at which nothing is
    /// - Returns: nil if it is close to no preset's name
    static func of(_ path: String) -> String? {
        let file = (path as NSString).lastPathComponent
        let word =
            file.hasSuffix(".yaml") || file.hasSuffix(".yml")
            ? (file as NSString).deletingPathExtension : file
        let names = Preset.all.map(\.name)
        guard let name = names.first(where: { $0 == word }) ?? Nearest.name(to: word, among: names)
        else { return nil }
        let carried = ProjectFolders.path("Configs/presets/\(name).yaml")
        let near = NearestPath.to(path).flatMap { $0.hasSuffix("/\(name).yaml") ? $0 : nil }
        let isHere = FileManager.default.fileExists(atPath: carried)
        return "\(name) is a preset: "
            + ((near ?? (isHere ? carried : nil)).map { "give \($0), or " } ?? "")
            + "write a file with `think2seg config init --from \(name) --output \(name).yaml`"
    }
}
