import Foundation
package import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the system refused.
package struct SystemRefusal: Error, CustomStringConvertible {
    /// The system's number.
    package let number: Int32

    /// In the system's words.
    package var description: String { String(cString: strerror(number)) }
}

/// A pipe between this process and another, which no third one gets.
package struct Pipe {
    let reading: Int32
    let writing: Int32

    /// Held from the making of a pipe until it is marked, and while a program is started: one that is
    /// started in between would get the pipe too.
    package static let startLock = Mutex(())

    init() throws(SystemRefusal) {
        var ends: [Int32] = [-1, -1]
        let failure = Self.startLock.withLock { _ in
            if pipe(&ends) != 0 { return errno }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            return 0
        }
        if failure != 0 { throw SystemRefusal(number: failure) }
        // Numbers up to 2 are those of a child's own streams, and would be in the way when they are set.
        for index in ends.indices where ends[index] < 3 {
            let moved = fcntl(ends[index], F_DUPFD_CLOEXEC, 3)
            let refusal = SystemRefusal(number: errno)
            close(ends[index])
            if moved < 0 {
                close(ends[1 - index])
                throw refusal
            }
            ends[index] = moved
        }
        (reading, writing) = (ends[0], ends[1])
    }

    func closeBoth() {
        close(reading)
        close(writing)
    }
}

/// Lets reads and writes come back at once where they would wait.
func makeNonblocking(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
}

/// Waits for one of some descriptors.
///
/// - Returns: what each is ready for; all 0 after `milliseconds`.
func ready(_ descriptors: [(number: Int32, events: Int32)], milliseconds: Int32) -> [Int32] {
    var entries = descriptors.map {
        pollfd(fd: $0.number, events: Int16($0.events), revents: 0)
    }
    let count = poll(&entries, nfds_t(entries.count), milliseconds)
    return entries.map { count > 0 ? Int32($0.revents) : 0 }
}

/// Reads what is there, up to 64 KiB.
///
/// - Returns: the bytes; none at the end; nil where nothing is there yet.
func readAvailable(_ descriptor: Int32) throws(SystemRefusal) -> [UInt8]? {
    while true {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: 1 << 16) { buffer, count in
            let found = read(descriptor, buffer.baseAddress, buffer.count)
            failure = found < 0 ? errno : 0
            count = max(0, found)
        }
        switch failure {
        case 0: return bytes
        case EINTR: continue
        case EAGAIN: return nil
        default: throw SystemRefusal(number: failure)
        }
    }
}

/// Runs something that writes to pipes whose reader may be gone: that is an error of the write, and
/// no signal that ends the process.
func withoutBrokenPipeSignal<Value>(_ body: () throws -> Value) rethrows -> Value {
    #if canImport(Glibc)
        var signals = sigset_t()
        var before = sigset_t()
        var pending = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        sigpending(&pending)
        pthread_sigmask(SIG_BLOCK, &signals, &before)
        defer {
            // A signal that came from here is taken away before it can arrive.
            var noTime = timespec()
            if sigismember(&pending, SIGPIPE) == 0 {
                while sigtimedwait(&signals, nil, &noTime) < 0, errno == EINTR {}
            }
            pthread_sigmask(SIG_SETMASK, &before, nil)
        }
    #endif
    return try body()
}
