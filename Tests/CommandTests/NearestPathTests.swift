import Configuration
import FilesTestSupport
import Foundation
import Rewards
import Settings
import TestSupport
import Testing
import TextFiles

@testable import SharedSettings

/// What is told of paths at which nothing is, and of other names.
@Suite struct NearestPathTests {
    @Test("The nearest file or folder is found by its ending, its case or few characters")
    func nearest() throws {
        try withTemporaryFolder { folder in
            for name in ["data", "policy"] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
            }
            for name in ["ok.yaml", "data/train.h5", "data/val.h5"] {
                try "x".write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
            }
            for (written, found) in [
                ("ok.yml", "ok.yaml"), ("OK", "ok.yaml"), ("data/trian.h5", "data/train.h5"),
                ("dta/train.h5", "data/train.h5"), ("polcy", "policy"),
            ] {
                #expect(NearestPath.to("\(folder)/\(written)") == "\(folder)/\(found)")
            }
            for written in ["ok.yaml", "x.yaml", "data/test.png", "none/train.h5"] {
                #expect(NearestPath.to("\(folder)/\(written)") == nil, "\(written)")
            }
        }
    }

    private func problem(_ assignment: String) -> String {
        message { _ = try RunConfiguration.load(file: nil, overrides: [assignment]) }
    }

    @Test("Names of other trainers, and names cut short, lead to those here")
    func names() {
        #expect(problem("grpo.epsilon_hi=1").contains("did you mean grpo.epsilon_high?"))
        #expect(problem("max_new_tokens=1").contains("grpo.max_completion_length"))
        #expect(problem("grpo.max_new_tokens=1").contains("grpo.max_completion_length"))
        #expect(problem("wandb_project=a").contains("logging.trackers"))
        #expect(problem("grpo.loss_type=gpso").contains("if gspo is meant: "))
        #expect(problem("rewards={format: 1}").contains("the term for that is think_answer_format"))
        #expect(problem("rewards={accuracy: 1}").contains("the term for that is mask_iou"))
    }

    @Test("A command is not told keys that it does not have in notes")
    func notes() {
        let known = ["training.images_per_step", "policy.path"]
        let key = ForeignNames.trainers.whole("per_device_train_batch_size")
        #expect(key?.words(known: known).contains("grpo.") == false)
        #expect(key?.words(known: known).contains("training.images_per_step") == true)
    }
}
