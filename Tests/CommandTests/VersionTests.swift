import Foundation
import TestSupport
import Testing
import Torch

@Suite struct VersionTests {
    @Test("The version names the commit and the libtorch that is loaded")
    func version() throws {
        try withTemporaryFolder { folder in
            var walk = Walk(folder)
            #expect(try walk.run("--version") == 0)
            let line = try #require(walk.said.split(separator: "\n").last)
            let pattern =
                /think2seg [0-9.]+ \(commit (unknown|[0-9a-f]{10}(-dirty)?), libtorch ([0-9.]+)\)/
            let match = try #require(line.wholeMatch(of: pattern), "\(line)")
            #expect(match.output.3 == TorchRuntime.loadedVersion)
            #expect(TorchRuntime.loadedVersion == TorchRuntime.version)
        }
    }

    @Test("The commit is that of the repository, of an archive of it, or unknown")
    func commit() throws {
        try withTemporaryFolder { folder in
            func shell(_ script: String) throws -> String {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/bin/sh")
                process.arguments = ["-euc", script, "sh", Walk.checkout]
                process.currentDirectoryURL = URL(fileURLWithPath: folder)
                let pipe = Pipe()
                process.standardOutput = pipe
                try process.run()
                let data = pipe.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                #expect(process.terminationStatus == 0, "\(script)")
                return String(decoding: data, as: UTF8.self)
            }
            let written = try shell(
                """
                mkdir -p archive/scripts inner/scripts
                cp "$1/scripts/write-commit" "$1/scripts/archived-commit" inner/scripts
                cp "$1/scripts/write-commit" archive/scripts
                echo 0123456789abcdef0123456789abcdef01234567 > archive/scripts/archived-commit
                for folder in archive inner; do $folder/scripts/write-commit $folder.swift; done
                cat archive.swift inner.swift
                """)
            #expect(written == "let digits = \"0123456789\"\nlet digits = \"\"\n")
            guard try shell("command -v git || true") != "" else { return }
            let repository = try shell(
                """
                exec 2>/dev/null
                export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b \
                    GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
                git -C inner init -q; git -C inner add .; git -C inner commit -qm one
                inner/scripts/write-commit inner.swift; cat inner.swift
                echo >> inner/scripts/archived-commit
                inner/scripts/write-commit inner.swift; cat inner.swift
                """)
            let pattern = /let digits = "([0-9a-f]{10})"\nlet digits = "([0-9a-f]{10})-dirty"\n/
            let match = try #require(repository.wholeMatch(of: pattern), "\(repository)")
            #expect(match.output.1 == match.output.2)
        }
    }
}
