import Testing

@testable import RLTrainer

/// The most memory that a process has had.
@Suite struct PeakMemoryTests {
    /// As Linux writes it: the number is filled up to eight places, and stands right behind the tab
    /// where it has as many.
    private func status(_ kilobytes: Int) -> String {
        let number = String(kilobytes)
        let space = String(repeating: " ", count: max(0, 8 - number.count))
        return "Name:\tthink2seg\nVmPeak:\t\(space)\(number) kB\nVmHWM:\t\(space)\(number) kB\n"
            + "VmRSS:\t    1024 kB\n"
    }

    @Test(
        "A peak is read whatever its size, from one kilobyte to terabytes",
        arguments: [
            1, 1024, 999_999, 9_999_999, 10_000_000, 10_485_760, 123_456_789, 5_000_000_000,
        ])
    func sizes(kilobytes: Int) {
        #expect(
            PeakMemory(status: status(kilobytes))
                == .measured(megabytes: Double(kilobytes) / 1024))
    }

    @Test("A status without a peak, or with one of 0, says nothing")
    func nothing() {
        for text in ["", "VmRSS:\t 5 kB\n", "VmHWM:\n", "VmHWM:\t   0 kB\n", "VmHWM:\tmuch kB\n"] {
            #expect(PeakMemory(status: text) == nil, "\(text)")
        }
    }

    @Test("This process has a peak, and one that is not known says why and is no number")
    func words() throws {
        #expect(try #require(PeakMemory.ofProcess.megabytes) > 1)
        #expect(PeakMemory.measured(megabytes: 10_240.4).description == "10240 MiB")
        let unknown = PeakMemory.unknown("nobody counts")
        #expect(unknown.megabytes == nil && unknown.description == "not known (nobody counts)")
    }
}
