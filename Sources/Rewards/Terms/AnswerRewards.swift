import Imaging
import Segmentation

/// 1 when the strict parser accepts the answer, an empty list included, else 0
/// (arXiv 2512.19302).
struct SAMJSONFormatReward: Reward {
    static let name = RewardTerm.samJSONFormat.rawValue
    static let help = "1 if the strict parser accepts the answer, also an empty list, else 0"

    init(_: RewardParameters) {}

    func value(_ completion: RewardContext) -> Double {
        if case .success = completion.strictParse { 1 } else { 0 }
    }
}

/// 1 when the whole completion is a `<think>` tag and an `<answer>` tag, else 0
/// (arXiv 2512.19302).
struct ThinkAnswerFormatReward: Reward {
    static let name = RewardTerm.thinkAnswerFormat.rawValue
    static let help = "1 if the completion is thoughts and then an answer in their tags, else 0"

    init(_: RewardParameters) {}

    func value(_ completion: RewardContext) -> Double {
        ThinkAnswerFormat.matches(completion.completion) ? 1 : 0
    }
}

/// How the answer's boxes agree with those around the parts of the truth, 0...1.
///
/// Ignored pixels are in no part, and in neither intersection nor union of two boxes; an instance on
/// ignored pixels alone does not count.
struct BoxIoUReward: Reward {
    static let name = "box_iou"
    static let help =
        "IoUs of the answer's boxes with those around the truth's parts, matched one to one, summed, "
        + "over the larger of both counts; 0 to 1"
    static let parameters = [
        RewardParameter(
            "min_area", 0, in: 0...1e9, "Parts of the truth with fewer pixels are left out")
    ]
    /// More parts of a truth than this are noise; the largest are matched, all are counted.
    static let matchedLimit = 256
    let minimalArea: Double

    init(_ values: RewardParameters) { minimalArea = values["min_area"] }

    func value(_ completion: RewardContext) -> Double {
        if let value = completion.valueWithoutMasks { return value }
        let answered = completion.countedPrompts
        let ignored = completion.ignoredArea
        let parts = completion.targets.filter { Double($0.pixelCount) >= minimalArea }
        if parts.isEmpty { return 0 }
        // An instance without a box agrees with none.
        let boxes = answered.compactMap(\.box)
        let ious = parts.prefix(Self.matchedLimit).map { part in
            boxes.map { part.box.intersectionOverUnion($0, ignoring: ignored) }
        }
        return bestMatching(ious) / Double(max(answered.count, parts.count))
    }
}

extension Box {
    /// IoU of two boxes; 0 where one has no area, or its corners are the wrong way round.
    ///
    /// Ignored pixels are left out of all areas.
    func intersectionOverUnion(_ other: Box, ignoring ignored: IgnoredArea? = nil) -> Double {
        let width = min(x2, other.x2) - max(x1, other.x1)
        let height = min(y2, other.y2) - max(y1, other.y1)
        guard width > 0, height > 0, x2 > x1, y2 > y1, other.x2 > other.x1, other.y2 > other.y1
        else { return 0 }
        if let ignored {
            let common = Box(
                x1: max(x1, other.x1), y1: max(y1, other.y1), x2: min(x2, other.x2),
                y2: min(y2, other.y2))
            let both = max(0, ignored.countedArea(of: common))
            let union = ignored.countedArea(of: self) + ignored.countedArea(of: other) - both
            return union > 0 ? both / union : 0
        }
        let both = width * height
        return both / (signedArea + other.signedArea - both)
    }
}

/// Which share of the answer's points is where it should be, 0...1.
///
/// Points on ignored pixels count neither as right nor as wrong.
struct PointInMaskReward: Reward {
    static let name = "point_in_mask"
    static let help =
        "Share of the positive points that are in the truth and of the negative ones that are not"

    init(_: RewardParameters) {}

    func value(_ completion: RewardContext) -> Double {
        if let value = completion.valueWithoutMasks { return value }
        let prompts = completion.prompts ?? []
        func counts(_ point: Point) -> Bool {
            !(completion.ignoredArea?.contains(point) ?? false)
        }
        let inside = prompts.flatMap(\.positivePoints).filter(counts)
            .map(completion.truth.contains)
        let outside = prompts.flatMap(\.negativePoints).filter(counts)
            .map { !completion.truth.contains($0) }
        let right = inside + outside
        return right.isEmpty ? 0 : Double(right.count(where: \.self)) / Double(right.count)
    }
}

extension BinaryMask {
    /// Whether the pixel that a point is in belongs to the mask; none does outside of the frame.
    func contains(_ point: Point) -> Bool {
        guard point.x >= 0, point.y >= 0, point.x < Double(width), point.y < Double(height) else {
            return false
        }
        return self[Int(point.x), Int(point.y)]
    }
}

/// How well the number of instances agrees with the number of the truth's parts, 0...1.
///
/// Ignored pixels are in no part, and join none; an instance on ignored pixels alone does not count.
struct InstanceCountReward: Reward {
    static let name = "instance_count"
    static let help = "1 / (1 + how many instances more or fewer than the truth has parts)"
    static let parameters = [
        RewardParameter(
            "min_area", 0, in: 0...1e9, "Parts of the truth with fewer pixels are left out")
    ]
    let minimalArea: Double

    init(_ values: RewardParameters) { minimalArea = values["min_area"] }

    func value(_ completion: RewardContext) -> Double {
        guard completion.prompts != nil else { return 0 }
        let parts = completion.targets.count { Double($0.pixelCount) >= minimalArea }
        return 1 / Double(1 + abs(completion.countedPrompts.count - parts))
    }
}

/// How much of the frame the answer's boxes cover, as a penalty, -1...0.
///
/// Ignored pixels are in neither area; in a frame of ignored pixels alone the penalty is 0.
struct PromptAreaPenalty: Reward {
    static let name = "prompt_area_penalty"
    static let help = "Minus the share of the frame that the union of the answer's boxes covers"

    init(_: RewardParameters) {}

    func value(_ completion: RewardContext) -> Double {
        let boxes = (completion.prompts ?? []).compactMap(\.box)
        if boxes.isEmpty { return 0 }
        let frame = completion.truth.frame
        let ignored = completion.ignoredArea
        let area = Double(frame.area) - (ignored?.total ?? 0)
        if area <= 0 { return 0 }
        return -unionArea(boxes, within: frame, ignoring: ignored) / area
    }
}

/// The area that boxes cover together within a frame, in pixels of the frame.
///
/// Sweeps over the boxes' edges: between two of them the same boxes cover the same rows. Ignored pixels
/// are left out.
func unionArea(
    _ boxes: [Box], within frame: ImageFrame, ignoring ignored: IgnoredArea? = nil
) -> Double {
    let (width, height) = (Double(frame.width), Double(frame.height))
    let clipped = boxes.map { box in
        Box(
            x1: min(max(box.x1, 0), width), y1: min(max(box.y1, 0), height),
            x2: min(max(box.x2, 0), width), y2: min(max(box.y2, 0), height))
    }.filter { $0.x2 > $0.x1 && $0.y2 > $0.y1 }
    let edges = Set(clipped.flatMap { [$0.x1, $0.x2] }).sorted()
    let byTop = clipped.sorted { ($0.y1, $0.y2) < ($1.y1, $1.y2) }
    var area = 0.0
    for (left, right) in zip(edges, edges.dropFirst()) {
        var covered = 0.0
        var reached = 0.0
        for box in byTop where box.x1 <= left && box.x2 >= right && box.y2 > reached {
            let top = max(box.y1, reached)
            covered += box.y2 - top
            if let ignored {
                area -= ignored.area(of: Box(x1: left, y1: top, x2: right, y2: box.y2))
            }
            reached = box.y2
        }
        area += covered * (right - left)
    }
    return area
}
