import Testing

@testable import Quickstart

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

    @Test("The running program is a file, however it was called")
    func program() {
        #expect(ProjectFolders.runningProgram.hasPrefix("/"))
        #expect(!ProjectFolders.runningProgram.hasSuffix("/"))
    }
}
