import Files
import FilesTestSupport
import Foundation
import TestSupport
import Testing
import Verification

/// What TRL computed, against what this program computes.
@Suite struct LossTableTests {
    private let path = Fixtures.path("losses/table.json")

    /// The table after its text was changed.
    private func report(_ change: (inout [String: Any]) -> Void) throws -> LossTableReport {
        let data = try Fixtures.data("losses/table.json")
        var object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        change(&object)
        return try withTemporaryFolder { folder in
            let path = folder + "/table.json"
            try JSONSerialization.data(withJSONObject: object)
                .write(to: URL(fileURLWithPath: path))
            return try LossTableReport(LossTable.load(path: path))
        }
    }

    @Test(
        "Losses, gradients, metrics and advantages are TRL's, for every loss type, level and clip")
    func table() throws {
        let table = try LossTable.load(path: path)
        let report = try LossTableReport(table)
        #expect(report.failures.isEmpty, "\(report.failures)")
        let names = ["grpo", "bnpo", "dr_grpo", "dapo", "cispo", "rloo", "advantages"]
        #expect(report.kinds.map(\.name) == names)
        #expect(report.kinds.allSatisfy { $0.cases >= 8 })
        #expect(report.kinds.map(\.cases).reduce(0, +) == table.losses.count + table.rollouts.count)
        // In double precision nothing is lost on the way: far below the 1e-6 and 1e-5 that are allowed.
        #expect(report.kinds.allSatisfy { $0.value < 1e-12 && $0.gradient < 1e-12 })
    }

    @Test("A loss, gradient, metric or advantage that is off is a failure with the case's name")
    func failures() throws {
        func edited(
            _ section: String, _ edit: (inout [String: Any]) throws -> Void
        ) throws -> [LossTableReport.Failure] {
            try report { object in
                var cases = object[section] as? [[String: Any]] ?? []
                try? edit(&cases[0])
                object[section] = cases
            }.failures
        }
        func batch(_ key: String, _ value: @escaping (Any?) -> Any) throws -> [String] {
            try edited("losses") { item in
                var batches = item["micro_batches"] as? [[String: Any]] ?? []
                batches[0][key] = value(batches[0][key])
                item["micro_batches"] = batches
            }.map(\.quantity)
        }
        #expect(try batch("loss") { ($0 as? Double ?? 0) + 1e-4 } == ["loss"])
        #expect(
            try batch("gradient") { ($0 as? [Double] ?? []).map { $0 * 1.0001 } } == ["gradient"])
        #expect(
            try batch("metrics") { old in
                (old as? [String: Any] ?? [:]).merging(["entropy": 9.0]) { $1 }
            } == ["entropy"])
        #expect(try batch("advantages") { ($0 as? [Double] ?? []).map { $0 * 2 } }.contains("loss"))
        let advantages = try edited("rollouts") { item in
            item["advantages"] = (item["advantages"] as? [Double] ?? []).map { $0 + 1e-5 }
        }
        #expect(advantages.map(\.quantity) == ["advantages"])
        #expect(advantages.first?.name == "plain, group")
    }

    @Test("A file that is no table says where it is wrong; one that is missing is missing input")
    func notATable() throws {
        #expect(throws: MissingInputError.self) { try LossTable.load(path: "/none.json") }
        let error = try #require(throws: LossTableError.self) {
            try report { object in
                var cases = object["losses"] as? [[String: Any]] ?? []
                cases[0]["loss"] = "much"
                object["losses"] = cases
            }
        }
        #expect(error.description.contains("losses[0].loss"))
        #expect(throws: LossTableError.self) {
            try report { object in
                var cases = object["rollouts"] as? [[String: Any]] ?? []
                cases[0]["advantages"] = [1.0]
                object["rollouts"] = cases
            }
        }
    }
}
