import Foundation
import Synchronization

/// The file with what a tracker's program wrote to standard error, and to standard output besides answers.
final class TrackerMessages: Sendable {
    /// So many bytes are kept of a session.
    private static let limit = 16 << 20

    /// The file.
    let path: String
    private let left = Mutex(TrackerMessages.limit)

    init(_ path: String) { self.path = path }

    /// Adds a line; what cannot be written is left out.
    func add(_ line: String) {
        left.withLock { left in
            if left <= 0 { return }
            let bytes = Array((line + "\n").utf8)
            left -= bytes.count
            let text = left > 0 ? bytes : Array("(what follows is left out)\n".utf8)
            let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            if descriptor < 0 { return }
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try? file.write(contentsOf: Data(text))
        }
    }
}
