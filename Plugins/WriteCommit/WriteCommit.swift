import Foundation
import PackagePlugin

/// Has every build write down of which commit the sources are.
@main struct WriteCommit: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let folder = context.pluginWorkDirectoryURL
        return [
            // A prebuild command runs at every build, and nothing is compiled while the file stays the same.
            .prebuildCommand(
                displayName: "Writing the commit", executable: URL(fileURLWithPath: "/bin/sh"),
                arguments: [
                    context.package.directoryURL.appendingPathComponent("scripts/write-commit")
                        .path,
                    folder.appendingPathComponent("Commit.swift").path,
                ], outputFilesDirectory: folder)
        ]
    }
}
