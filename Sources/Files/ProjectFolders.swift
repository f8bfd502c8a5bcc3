import Foundation

/// Where the project's own folders are, as `Resources` and `Configs`: in a checkout, or beside an installed
/// program.
package enum ProjectFolders {
    /// Where a folder may be, the likeliest first: in the working directory; then, for every folder above the
    /// program, in it and in its `share/think2seg`, where `make install` puts it.
    ///
    /// - Parameters:
    ///   - name: the folder's name at the top of a checkout
    ///   - program: the program's path, links followed
    /// - Returns: paths, none of which need be there
    package static func candidates(_ name: String, program: String = runningProgram) -> [String] {
        var candidates = [FileManager.default.currentDirectoryPath + "/" + name]
        var above = URL(fileURLWithPath: program)
        for _ in 0..<5 where above.path != "/" {
            above.deleteLastPathComponent()
            let folder = above.path == "/" ? "" : above.path
            candidates += ["\(folder)/\(name)", "\(folder)/share/think2seg/\(name)"]
        }
        return candidates
    }

    /// A path of the project as it can be opened here: as it is where that is there, otherwise where the
    /// program's own files are; as it is where there are none.
    ///
    /// - Parameters:
    ///   - path: the path from the top of a checkout, as `Documentation/ablation.md`
    ///   - program: the program's path, links followed
    /// - Returns: a path to open, or to print
    package static func path(_ path: String, program: String = runningProgram) -> String {
        FileManager.default.fileExists(atPath: path)
            ? path : installed(path, program: program) ?? path
    }

    /// Where a file of the project is that a path means and does not lead to; nil if there is something at
    /// the path, or none of the project's files is meant.
    package static func installed(_ path: String, program: String = runningProgram) -> String? {
        let parts = path.split(separator: "/").filter { $0 != "." }.map(String.init)
        let files = FileManager.default
        guard !path.hasPrefix("/"), let first = parts.first, folders.contains(first),
            !parts.contains(".."), !files.fileExists(atPath: path)
        else { return nil }
        return candidates(parts.joined(separator: "/"), program: program).dropFirst()
            .first(where: files.fileExists)
    }

    /// What is added to a message about a path that is not there: where the file of the project is that it
    /// means, after a semicolon; empty if it means none.
    package static func advice(_ path: String, program: String = runningProgram) -> String {
        installed(path, program: program).map { "; write \($0), which came with the program" } ?? ""
    }

    /// The folders at the top of a checkout that are installed.
    private static let folders: Set<String> = [
        "Configs", "Documentation", "Experiments", "Resources", "trackers",
    ]

    /// The program that runs, links followed: not the first word of the command line, which has no folder
    /// where a shell has found the program on its path.
    package static var runningProgram: String {
        let path = Bundle.main.executablePath ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
}
