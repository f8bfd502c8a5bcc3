import Terminals
import Testing

@testable import think2seg

@Suite struct ProgressPaceTests {
    /// The steps that are shown of a run whose steps take so many seconds.
    private func shown(_ total: Int, seconds: Double, from first: Int = 1) -> [Int] {
        var pace = ProgressPace()
        return (first...total).filter {
            pace.shows("a", done: $0, of: total, seconds: seconds * Double($0))
        }
    }

    @Test("Fast work has a line for each tenth, and its last one")
    func tenths() {
        #expect(shown(500, seconds: 0.1) == Array(stride(from: 50, through: 500, by: 50)))
        #expect(shown(5, seconds: 0.1) == [1, 2, 3, 4, 5])
        #expect(shown(25, seconds: 0.1).count == 10 && shown(25, seconds: 0.1).last == 25)
        #expect(shown(1, seconds: 0.1) == [1])
    }

    @Test("Slow work has a line each minute besides")
    func minutes() {
        #expect(shown(100, seconds: 20).prefix(4) == [4, 7, 10, 13])
        #expect(shown(3, seconds: 500) == [1, 2, 3])
    }

    @Test("Work that goes on shows the tenths that are left")
    func resumed() {
        #expect(shown(100, seconds: 0.1, from: 36) == [40, 50, 60, 70, 80, 90, 100])
    }

    @Test("Work of which nobody knows how much there is has a line each minute")
    func unknown() {
        var pace = ProgressPace()
        let shown = (1...300).filter { pace.shows("a", done: $0, of: nil, seconds: Double($0)) }
        #expect(shown == [61, 121, 181, 241])
    }

    @Test("Other work, and the same once more, begins anew")
    func anew() {
        var pace = ProgressPace()
        var lines: [String] = []
        for (work, done) in [("a", 1), ("a", 2), ("b", 1), ("b", 2), ("b", 1), ("b", 2)]
        where pace.shows(work, done: done, of: 2, seconds: 0) {
            lines.append("\(work)\(done)")
        }
        #expect(lines == ["a1", "a2", "b1", "b2", "b1", "b2"])
    }
}
