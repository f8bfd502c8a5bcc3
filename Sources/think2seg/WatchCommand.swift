import ArgumentParser
import Foundation
import Terminals
import Watching

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Shows in the terminal how a run goes, or went: curve, steps, answers, warnings.",
        discussion: """
            Example:
              think2seg watch runs/a

            A run of train, sft or pretrain-segmenter. It may go on, have ended or have been killed: the \
            first line says which. Nothing in the run's folder is changed. On a terminal the lines are \
            drawn anew until the run ends; Ctrl-C ends the watching (status 130), not the run. Where \
            standard output is no terminal it is printed once; with --every, a line follows for each new \
            step. Without UTF-8 in LC_ALL, LC_CTYPE or LANG, and with TERM=dumb, all is ASCII.
            """)

    @Argument(
        help: ArgumentHelp("The run's folder.", valueName: "run"), transform: PathArgument.input)
    var folder: String

    @Option(help: ArgumentHelp("Seconds between two looks (default: 2).", valueName: "seconds"))
    var every: Double?

    @Flag(help: "Show it once, as it is now.")
    var once = false

    func validate() throws {
        try requireInterval(every)
        if once, every != nil {
            throw ValidationError("--every is for looks after the first: without --once")
        }
    }

    func run() throws {
        var watched = try WatchedRun(folder)
        let moment = try watched.look()
        let seconds = every ?? 2
        if once || moment.state.hasEnded || !Terminal.isThere && every == nil {
            _ = print(WatchView(moment, Terminal.frame).lines)
        } else if Terminal.redraws {
            try redraw(&watched, moment, seconds)
        } else {
            try follow(&watched, moment, seconds)
        }
    }

    private func print(_ lines: [String]) -> Bool {
        Terminal.write(lines.map { $0 + "\n" }.joined())
    }

    private func redraw(
        _ watched: inout WatchedRun, _ first: WatchedMoment, _ seconds: Double
    ) throws {
        var (moment, screen) = (first, RedrawnLines())
        while true {
            let frame = Terminal.frame
            guard screen.draw(WatchView(moment, frame).lines, frame), !moment.state.hasEnded else {
                return
            }
            Thread.sleep(forTimeInterval: seconds)
            moment = try watched.look()
        }
    }

    /// A line for each step and evaluation that comes, and what the run is like in the end.
    private func follow(
        _ watched: inout WatchedRun, _ first: WatchedMoment, _ seconds: Double
    ) throws {
        var moment = first
        var told = moment.news(after: nil)
        guard print(WatchView(moment, Terminal.frame).lines) else { return }
        while !moment.state.hasEnded {
            Thread.sleep(forTimeInterval: seconds)
            moment = try watched.look()
            let frame = Terminal.frame
            let news = moment.news(after: told)
            guard print(WatchView(moment, frame).lines(of: news)) else { return }
            told = news
        }
        _ = print(WatchView(moment, Terminal.frame).head)
    }
}

/// Fails where an interval of looks is none.
func requireInterval(_ seconds: Double?) throws {
    if let seconds, !(0.1...86400).contains(seconds) {
        throw ValidationError("--every must be from 0.1 to 86400 seconds")
    }
}
