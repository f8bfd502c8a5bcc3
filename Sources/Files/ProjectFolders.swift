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

    /// The program that runs, links followed: not the first word of the command line, which has no folder
    /// where a shell has found the program on its path.
    package static var runningProgram: String {
        let path = Bundle.main.executablePath ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
}
