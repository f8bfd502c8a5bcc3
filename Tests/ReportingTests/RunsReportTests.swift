import EndToEndTestSupport
import FilesTestSupport
import Foundation
import Reporting
import Testing
import TrainingTestSupport

extension EndToEnd {
    /// Pages about runs, alone and side by side.
    @Suite(.serialized) struct RunsReportTests {
        let fixture: EndToEndFixture

        init() throws {
            fixture = try EndToEndFixture.shared.get()
        }

        @Test("Several runs stand side by side: what differs, curves, the same questions")
        func several() throws {
            try withFolder { folder in
                let runs = try [
                    fixture.evaluatedRun(folder + "/first", beta: 0),
                    fixture.evaluatedRun(folder + "/second", beta: 0.5),
                ]
                let path = try RunsReport(runs: runs).write()
                #expect(path == runs[0] + "/comparison.html")
                let page = String(decoding: try contents(path), as: UTF8.self)
                #expect(page.contains("<code>grpo.beta</code>"))
                #expect(!page.contains("<code>training.max_steps</code>"), "it is the same in both")
                #expect(
                    page.contains("first, step 3: mask IoU")
                        && page.contains("second, step 3: mask IoU"))
                #expect(page.contains("<figcaption>Learning rate</figcaption>"))
                #expect(page.contains("id=\"gallery\""))
            }
        }

        @Test("A run's own evaluations are its before and after")
        func ownEvaluations() throws {
            try withFolder { folder in
                let run = try fixture.evaluatedRun(folder + "/only", beta: 0)
                let page = try RunReport(run: run).html()
                #expect(page.contains("before its first step and after step 3"))
                let failures = try #require(page.range(of: ">Failures<"))
                let random = try #require(page.range(of: ">Chosen at random<"))
                #expect(failures.lowerBound < random.lowerBound, "failures come first")
            }
        }

        @Test("A run is called by the shortest ending of its path that no other run has")
        func endings() {
            func names(_ paths: String...) -> [String] { RunsReport.names(paths) }
            #expect(names("x/a/run", "x/b/run/", "c") == ["a/run", "b/run", "c"])
            #expect(names("x/a", "y/z/a", "y/z/b") == ["x/a", "z/a", "b"])
            #expect(names("/a", "/x/a") == ["/a", "x/a"])
            #expect(names("x/a", "x/a") == ["x/a", "x/a"])
        }

        @Test("Runs of the same name in different folders are told apart")
        func names() throws {
            try withFolder { folder in
                let runs = try ["a", "b"].map {
                    try fixture.evaluatedRun("\(folder)/\($0)/run", beta: 0)
                }
                let page = try RunsReport(runs: runs).html()
                #expect(page.contains("a/run") && page.contains("b/run"))
                #expect(page.contains("Nothing but the folder."))
            }
        }
    }
}
