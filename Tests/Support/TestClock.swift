import Synchronization

/// A time that passes when a test says so, however busy the machine is.
public final class TestClock: Sendable {
    private struct State {
        var now = SuspendingClock.now
        var looks = 0
        /// What passes later, and at which look.
        var pending: (duration: Duration, look: Int)?
    }

    private let state = Mutex(State())

    /// A clock that stands still.
    public init() {}

    /// What looks at the clock.
    public var now: @Sendable () -> SuspendingClock.Instant {
        {
            self.state.withLock { state in
                state.looks += 1
                if let pending = state.pending, state.looks >= pending.look {
                    state.now += pending.duration
                    state.pending = nil
                }
                return state.now
            }
        }
    }

    /// How often it was looked at.
    public var looks: Int { state.withLock(\.looks) }

    /// Lets seconds pass: at once, or at the nth look from now.
    public func pass(_ seconds: Double, atLook look: Int = 0) {
        state.withLock { state in
            if look == 0 {
                state.now += .seconds(seconds)
            } else {
                state.pending = (.seconds(seconds), state.looks + look)
            }
        }
    }
}
