import Foundation
package import Threads

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The variables by which the OpenMP library of libtorch decides how long a thread that waits for others
/// keeps its core.
private enum WaitVariables {
    package static let spinCount = "GOMP_SPINCOUNT"
    /// What a user may have decided; either is obeyed.
    package static let decisions = [spinCount, "OMP_WAIT_POLICY"]
    /// Says to the process itself that the limit is its own: what it starts does not inherit it.
    package static let mark = "THINK2SEG_SPIN_LIMIT"
    /// As short as costs little alone, and lets others have the core: of the products of bench-small, 6 %
    /// alone, and two at once take 2.0 times one, where the library's own 300,000 take 4.3.
    package static let limit = "1000"
}

/// Sees to it that threads of an operation do not hold cores while they wait for each other, if there is
/// more than one.
///
/// The library reads its variables when it is loaded, so the process begins anew, with the same arguments
/// and the limit set. To be called before anything is written, locked or read from standard input.
package func limitSpinning(_ plan: ThreadPlan) {
    #if os(Linux)
        if getenv(WaitVariables.mark) != nil {
            unsetenv(WaitVariables.mark)
            unsetenv(WaitVariables.spinCount)
            return
        }
        guard plan.threads > 1, WaitVariables.decisions.allSatisfy({ getenv($0) == nil }) else {
            return
        }
        setenv(WaitVariables.mark, "1", 1)
        setenv(WaitVariables.spinCount, WaitVariables.limit, 1)
        var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        // Under its own name, unless the file was replaced meanwhile.
        let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        if let program { execv(program, &arguments) }
        execv("/proc/self/exe", &arguments)
        // It stays as it was, which is slower beside others and nothing worse.
        arguments.forEach { free($0) }
        unsetenv(WaitVariables.mark)
        unsetenv(WaitVariables.spinCount)
    #endif
}
