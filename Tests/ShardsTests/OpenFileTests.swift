import DatasetsTestSupport
import Foundation
import Testing

@testable import HDF5

@Suite struct OpenFileTests {
    /// The flags of the descriptors under which this process has a file open; nil where the system
    /// does not list them.
    private func flags(of path: String) -> [Int32]? {
        let folder = "/proc/self/fd"
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
            return nil
        }
        return names.compactMap { name in
            let target = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "\(folder)/\(name)")
            guard target == path, let descriptor = Int32(name) else { return nil }
            return fcntl(descriptor, F_GETFD)
        }
    }

    @Test("A file that is being written has no lock that a program begun meanwhile could keep")
    func writing() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("written.h5")
        let file = try HDF5File.create(path)
        let other = open(path, O_RDWR | O_CLOEXEC)
        defer { close(other) }
        #expect(other >= 0 && flock(other, LOCK_EX | LOCK_NB) == 0)
        if let flags = flags(of: path) {
            #expect(flags.count == 2 && flags.allSatisfy { $0 & FD_CLOEXEC != 0 })
        }
        try file.flush()
    }

    @Test("Programs that are begun while a file is read do not have it open")
    func reading() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("read.h5")
        try HDF5File.create(path).flush()
        let file = try HDF5File.open(path)
        if let flags = flags(of: path) {
            #expect(!flags.isEmpty && flags.allSatisfy { $0 & FD_CLOEXEC != 0 })
        }
        #expect(file.path == path)
    }
}
