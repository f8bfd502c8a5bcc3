import Files
import FilesTestSupport
import Foundation
import Testing

@Suite struct ProjectFoldersTests {
    @Test("The carried models are found in a checkout, and beside an installed program")
    func candidates() {
        let built = ProjectFolders.candidates(
            "Resources", program: "/home/ada/think2seg/.build/x86_64/release/think2seg")
        #expect(built.contains("/home/ada/think2seg/Resources"))
        let installed = ProjectFolders.candidates("Resources", program: "/usr/bin/think2seg")
        #expect(
            installed.dropFirst() == [
                "/usr/bin/Resources", "/usr/bin/share/think2seg/Resources", "/usr/Resources",
                "/usr/share/think2seg/Resources", "/Resources", "/share/think2seg/Resources",
            ])
        #expect(installed[0].hasSuffix("/Resources"))
    }

    @Test("A path of the project that is not here leads to the installed file, others to nothing")
    func installed() throws {
        try withFolder { prefix in
            let share = prefix + "/share/think2seg"
            for folder in ["Configs/other", "Documentation"] {
                try FileManager.default.createDirectory(
                    atPath: "\(share)/\(folder)", withIntermediateDirectories: true)
            }
            let file = share + "/Configs/other/a.yaml"
            try Data().write(to: URL(fileURLWithPath: file))
            let program = prefix + "/bin/think2seg"
            for path in ["Configs/other/a.yaml", "./Configs//other/a.yaml"] {
                #expect(ProjectFolders.installed(path, program: program) == file)
                #expect(ProjectFolders.path(path, program: program) == file)
                #expect(ProjectFolders.advice(path, program: program).contains("write \(file)"))
            }
            for path in ["Configs/b.yaml", "share/think2seg", "Configs/../Configs/other/a.yaml"] {
                #expect(ProjectFolders.installed(path, program: program) == nil)
                #expect(ProjectFolders.path(path, program: program) == path)
                #expect(ProjectFolders.advice(path, program: program).isEmpty)
            }
        }
    }

    @Test("The running program is a file, however it was called")
    func program() {
        #expect(ProjectFolders.runningProgram.hasPrefix("/"))
        #expect(!ProjectFolders.runningProgram.hasSuffix("/"))
    }
}
