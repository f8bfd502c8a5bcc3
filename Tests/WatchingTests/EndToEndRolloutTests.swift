import EndToEndTestSupport
import FilesTestSupport
import Foundation
import Imaging
import Settings
import Shards
import Testing
import TrainingTestSupport

@testable import Evaluating
@testable import Files
@testable import Watching

extension EndToEnd {
    @Suite struct RolloutPictureTests {
        @Test("Each completion of a run is drawn, with masks that the run's segmenter makes")
        func pictures() throws {
            let run = try FinishedRun.shared.get()
            try withFolder { folder in
                let selection = try RolloutSelection(run: run.path, step: 2, .worst(2))
                let drawing = try RolloutPictures(run: run.path)
                #expect(drawing.withoutMasks == nil)
                var told: [String] = []
                try drawing.draw(selection.chosen, to: folder) { told.append($0) }
                #expect(told == selection.chosen.map { "\(folder)/\(RolloutPictures.name($0))" })
                for file in told {
                    let picture = try ImageCodec.decode([UInt8](contents(file)), name: file)
                    #expect(picture.width >= 448 && picture.height > picture.width)
                }
                #expect(throws: ShardError.self) {
                    try RolloutPictures(run: run.path, data: [folder + "/none.h5"])
                }
            }
        }

        @Test(
            "Rollouts tell the frame of their coordinates, and the mask IoU where there is a mask")
        func record() throws {
            let run = try FinishedRun.shared.get()
            for line in try run.rollouts(1) {
                #expect((line["policy_frame"] as? [Int])?.count == 2)
                let terms = try #require(line["rewards"] as? [String: Any])
                #expect(line["iou"] as? Double == terms["mask_iou"] as? Double)
            }
        }
    }
}
