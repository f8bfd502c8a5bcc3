/// Decides which lines of progress go into a file or a pipe: at most one for each tenth of the work, or for
/// each minute.
package struct ProgressPace {
    /// Seconds after which a line is shown although no tenth is done.
    package static let pause = 60.0
    /// Parts of the work with a line each.
    package static let parts = 10

    private var work = ""
    private var last = (done: 0, part: 0, seconds: 0.0)

    /// Nothing was shown yet.
    package init() {}

    /// Whether what is done now is shown; it counts as shown then.
    ///
    /// - Parameters:
    ///   - work: what is done, a name; with another one it begins anew, as with less that is done
    ///   - done: how much of it is done
    ///   - total: all of it; nil if that is not known
    ///   - seconds: the time, from any point on
    /// - Returns: whether to show it
    package mutating func shows(_ work: String, done: Int, of total: Int?, seconds: Double) -> Bool
    {
        if work != self.work || done < last.done {
            // What goes on from earlier begins in the tenth that it is in.
            let before = total.map { Self.part(done - 1, of: $0) } ?? 0
            (self.work, last) = (work, (done, before, seconds))
        }
        last.done = done
        let part = total.map { Self.part(done, of: $0) } ?? 0
        if part <= last.part, seconds - last.seconds < Self.pause { return false }
        (last.part, last.seconds) = (part, seconds)
        return true
    }

    private static func part(_ done: Int, of total: Int) -> Int {
        total <= 0 ? parts : max(0, done) * parts / total
    }
}
