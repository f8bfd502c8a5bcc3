import Foundation

/// What keeps a command from being started here and now, as far as files tell.
package enum CommandProblem {
    /// Endings of files that are programs for another one, which comes before them.
    private static let scripts = [
        ".py", ".sh", ".bash", ".awk", ".rb", ".pl", ".js", ".mjs", ".ts", ".lua", ".jl", ".R",
    ]

    /// Programs that run the file that they are given.
    private static let interpreters = [
        "python", "pypy", "sh", "bash", "dash", "zsh", "ruby", "perl", "node", "Rscript", "julia",
        "lua",
    ]

    /// Why a command cannot be started.
    ///
    /// - Parameter command: the program, by its path or a name that `PATH` leads to, and its arguments
    /// - Returns: what is wrong and what to do; nil if nothing is, as far as files tell
    package static func of(_ command: [String]) -> String? {
        guard let program = command.first, !program.isEmpty else {
            return "is empty; give a program and its arguments"
        }
        if let problem = ofProgram(program) { return problem }
        guard let script = script(command), !FileManager.default.fileExists(atPath: script) else {
            return nil
        }
        return missing(script)
    }

    private static func ofProgram(_ program: String) -> String? {
        let files = FileManager.default
        guard program.contains("/") else {
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            let places = path.split(separator: ":").map { "\($0)/\(program)" }
            return places.contains(where: files.isExecutableFile)
                ? nil
                : "PATH leads to no program \(program); give its path, or a name that PATH leads to"
        }
        var isFolder: ObjCBool = false
        guard files.fileExists(atPath: program, isDirectory: &isFolder) else {
            return missing(program)
        }
        if isFolder.boolValue { return "\(program) is a folder; name a program" }
        return files.isExecutableFile(atPath: program)
            ? nil
            : "\(program) is not executable; make it so, or name the program that runs it first"
    }

    /// The argument that is the program of an interpreter, where it looks like a file of this machine.
    ///
    /// Other programs, such as those that run a command elsewhere, are asked nothing: their arguments may be
    /// of another folder, container or machine.
    private static func script(_ command: [String]) -> String? {
        let name = command[0].split(separator: "/").last.map(String.init) ?? command[0]
        let version = CharacterSet(charactersIn: "0123456789.")
        guard interpreters.contains(name.trimmingCharacters(in: version)) else { return nil }
        let arguments = command.dropFirst()
        let options = arguments.prefix { $0.hasPrefix("-") }
        // Behind these stand a program's text or a module's name, as behind -lc.
        let takesText = options.contains { option in
            !option.hasPrefix("--") && option.last.map("cmes".contains) == true
        }
        guard !takesText, let file = arguments.dropFirst(options.count).first,
            !file.contains(where: \.isWhitespace)
        else { return nil }
        return isScript(file) || options.isEmpty && file.contains("/") ? file : nil
    }

    private static func isScript(_ argument: String) -> Bool {
        !argument.hasPrefix("-") && !argument.contains("=")
            && scripts.contains(where: argument.hasSuffix)
    }

    private static func missing(_ path: String) -> String {
        let carried = ProjectFolders.advice(path)
        if !carried.isEmpty { return "\(path) does not exist\(carried)" }
        let folder = FileManager.default.currentDirectoryPath
        return "\(path) does not exist"
            + (path.hasPrefix("/")
                ? "" : "; a relative path counts from where the run is started, \(folder)")
    }
}
