import Foundation
import Terminals
import TestSupport
import Testing

@testable import TrainingRuns
@testable import think2seg

@Suite struct CheckpointTableTests {
    private func listing(
        _ step: Int, _ figures: [(String, Double?)]?, isBest: Bool = false, problem: String? = nil
    ) -> CheckpointListing {
        CheckpointListing(
            path: "run/checkpoints/step-\(step)", step: problem == nil ? step : nil, date: nil,
            bytes: 3_100_000, heldOut: figures?.map { HeldOutFigure(name: $0.0, value: $0.1) },
            isBest: isBest, problem: problem, metric: "precision_0.5")
    }

    @Test("A list of checkpoints has the figures of every evaluated step, and says which is best")
    func figures() throws {
        let table = CheckpointTable([
            listing(1, nil),
            listing(
                2,
                [
                    ("giou", 0.40231), ("ciou", 0.1), ("precision_0.5", 0.5),
                    ("precision_0.7", 0.4),
                    ("mean_length", 31),
                ], isBest: true),
            listing(3, [("giou", 0.3), ("ciou", nil), ("precision_0.5", 0.25)]),
            listing(4, nil, problem: "step-4/state.json: is missing"),
        ])
        let words = table.lines.map { $0.split(separator: " ").map(String.init) }
        #expect(words[0] == ["step", "written", "size", "gIoU", "cIoU", "Pr@0.5"])
        #expect(words[1] == ["1", "?", "3.1", "MB", "-", "-", "-"])
        #expect(
            words[2] == [
                "2", "?", "3.1", "MB", "0.4023", "0.1000", "0.5000", "best", "by", "Pr@0.5",
            ])
        #expect(words[3] == ["3", "?", "3.1", "MB", "0.3000", "-", "0.2500"])
        #expect(table.lines[4] == "damaged    step-4/state.json: is missing")
    }

    @Test("A step whose evaluation found nothing is called no best")
    func nothing() throws {
        try withTemporaryFolder { folder in
            let text = """
                {"step": 2, "eval_giou": 0.1, "eval_precision_0.5": 0}
                {"step": 3, "eval_giou": 0.1, "eval_precision_0.5": 0}

                """
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/metrics.jsonl"))
            let figures = HeldOutFigures(run: folder)
            #expect(!figures.isBest(2, linked: 2, by: "precision_0.5"))
            #expect(figures.isBest(2, linked: 2, by: "giou"))
            #expect(!figures.isBest(3, linked: 2, by: "giou"))
        }
    }

    @Test("Figures are called in a table and in a card as in the glossary")
    func titles() {
        let titles = ["giou", "loss", "mean_token_accuracy", "iou/box"].map {
            HeldOutFigure(name: $0, value: nil).title
        }
        #expect(titles == ["gIoU", "loss", "token accuracy", "mask IoU (box)"])
    }

    @Test("The list as JSON has every figure by its key in metrics.jsonl, null where there is none")
    func document() throws {
        let table = CheckpointTable([listing(1, nil), listing(2, [("giou", 0.5), ("ciou", nil)])])
        let object = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(table)) as? [String: Any])
        let entries = try #require(object["checkpoints"] as? [[String: Any]])
        #expect(entries[0]["heldOut"] is NSNull && entries[0]["problem"] is NSNull)
        let figures = try #require(entries[1]["heldOut"] as? [String: Any])
        #expect(figures["eval_giou"] as? Double == 0.5 && figures["eval_ciou"] is NSNull)
    }
}
