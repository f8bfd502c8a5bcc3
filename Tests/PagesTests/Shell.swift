import Foundation

/// A folder in which the commands of one page run, one block after the other.
struct Shell {
    /// What a block did.
    struct Result {
        let status: Int32
        let output: String
        let errors: String
    }

    let folder: String
    private let checkout: String
    private let program: String

    /// What pages name of the checkout.
    private static let linked = [
        "Benchmarks", "Configs", "Documentation", "Experiments", "Resources", "Sources", "Tests",
        "scripts",
    ]

    /// Makes the folder's links to the checkout, and puts the program on the path.
    init(folder: String, checkout: String, program: String) throws {
        self.folder = folder
        self.checkout = checkout
        self.program = program
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder + "/.bin", withIntermediateDirectories: true)
        try manager.createSymbolicLink(
            atPath: folder + "/.bin/think2seg", withDestinationPath: program)
        for name in Self.linked {
            try manager.createSymbolicLink(
                atPath: folder + "/" + name, withDestinationPath: checkout + "/" + name)
        }
    }

    /// Runs commands as a reader would, but ends at the first that fails.
    func run(_ commands: String) throws -> Result {
        let script = "set -euo pipefail\n. Tests/PagesTests/prepare.sh\n" + commands
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "--foreground", "1200", "bash", "-c", script]
        process.environment = [
            "HOME": folder, "LANG": "C.UTF-8", "THINK2SEG": program, "CHECKOUT": checkout,
            "PATH": folder + "/.bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? ""),
        ]
        return try wait(for: process)
    }

    /// Whether a program is on the path.
    func has(_ program: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
        }
    }

    /// The words of every command of this program in a text, none of which runs.
    ///
    /// No program is found, so only what the shell itself does is done, in a folder of its own.
    func words(in commands: String) throws -> [[String]] {
        let aside = folder + "/.words"
        try FileManager.default.createDirectory(atPath: aside, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: aside) }
        let script = """
            cd .words; PATH=/nowhere
            command_not_found_handle() { :; }
            cd() { :; }; export() { :; }; exit() { :; }; kill() { :; }; wait() { :; }
            think2seg() { for word; do printf '%s\\0' "$word"; done >&9; printf '\\1\\0' >&9; }
            {
            \(commands)
            } >&2
            true
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["bash", "-c", "exec 9>&1\n" + script]
        process.environment = [
            "HOME": folder, "LANG": "C.UTF-8", "SLURM_ARRAY_TASK_ID": "1",
        ]
        let result = try wait(for: process)
        var commands: [[String]] = []
        var words: [String] = []
        for word in result.output.split(separator: "\0", omittingEmptySubsequences: false)
            .dropLast()
        {
            if word == "\u{1}" {
                commands.append(words)
                words = []
            } else {
                words.append(String(word))
            }
        }
        return commands
    }

    private func wait(for process: Process) throws -> Result {
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        let logs = ["/.output", "/.errors"].map { folder + $0 }
        let handles = try logs.map { path in
            _ = FileManager.default.createFile(atPath: path, contents: nil)
            return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        }
        process.standardOutput = handles[0]
        process.standardError = handles[1]
        try process.run()
        process.waitUntilExit()
        let texts = try logs.map { path in
            String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        }
        return Result(status: process.terminationStatus, output: texts[0], errors: texts[1])
    }
}
