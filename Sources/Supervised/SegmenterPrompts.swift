public import Datasets
public import Imaging
public import Segmentation

/// What a prompt about one object consists of.
public enum PromptKind: String, Hashable, Sendable, CaseIterable {
    /// The box.
    case box
    /// A place inside.
    case onePoint = "one_point"
    /// Two places inside.
    case twoPoints = "two_points"
    /// Three places inside.
    case threePoints = "three_points"
    /// The box and a place inside.
    case boxOnePoint = "box_one_point"
    /// The box and two places inside.
    case boxTwoPoints = "box_two_points"
    /// The box, two places inside and one near by, outside.
    case boxTwoPointsOneOutside = "box_two_points_one_outside"

    /// Whether there is a box.
    public var hasBox: Bool {
        switch self {
        case .onePoint, .twoPoints, .threePoints: false
        case .box, .boxOnePoint, .boxTwoPoints, .boxTwoPointsOneOutside: true
        }
    }

    /// How many places inside there are.
    public var positivePoints: Int {
        switch self {
        case .box: 0
        case .onePoint, .boxOnePoint: 1
        case .twoPoints, .boxTwoPoints, .boxTwoPointsOneOutside: 2
        case .threePoints: 3
        }
    }

    /// How many places outside there are.
    public var negativePoints: Int { self == .boxTwoPointsOneOutside ? 1 : 0 }
}

/// How far a prompt's box is from the truth.
public enum BoxNoise: Hashable, Sendable {
    /// Standard deviation of every edge, as a share of the box's width or height.
    case share(Double)
    /// Standard deviation of every edge, in pixels of the picture.
    case pixels(Double)
}

/// An object to learn from, with what prompts about it are drawn from.
public struct PromptTarget: Hashable, Sendable {
    /// The edges of its visible pixels, in pixels of the picture.
    public let box: Box
    /// Its visible pixels.
    public let mask: BinaryMask
    /// The pixels of the picture that do not count; nil where all do.
    public let ignored: BinaryMask?
    private let inside: [Int]

    /// The object of a mask; nil if the mask has no pixel that counts.
    ///
    /// - Parameters:
    ///   - mask: its visible pixels, of which ignored ones are left out
    ///   - ignored: the pixels of the picture that do not count, where no point is put
    public init?(mask: BinaryMask, ignored: BinaryMask? = nil) {
        let mask = mask.subtracting(ignored)
        self.ignored = ignored
        inside = mask.pixelPlaces
        guard let first = inside.first, let last = inside.last else { return nil }
        let columns = inside.lazy.map { $0 % mask.width }
        guard let low = columns.min(), let high = columns.max() else { return nil }
        box = Box(
            x1: Double(low), y1: Double(first / mask.width), x2: Double(high + 1),
            y2: Double(last / mask.width + 1))
        self.mask = mask
    }

    /// A prompt about the object.
    ///
    /// - Parameters:
    ///   - kind: what it consists of
    ///   - noise: how far its box is from the truth; nil for the true box
    ///   - random: decides about everything
    /// - Returns: a prompt in the picture's frame; its box has a side of at least a pixel and stays in
    ///   the frame
    public func prompt(
        _ kind: PromptKind, noise: BoxNoise?, using random: inout SeededGenerator
    ) -> SegmentationPrompt {
        var prompt = SegmentationPrompt()
        if kind.hasBox { prompt.box = noise.map { jittered($0, &random) } ?? box }
        prompt.positivePoints = (0..<kind.positivePoints).map { _ in
            point(at: inside[random.uniform(below: inside.count)])
        }
        prompt.negativePoints = (0..<kind.negativePoints).map { _ in outside(&random) }
        return prompt
    }

    /// The box with every edge moved on its own.
    private func jittered(_ noise: BoxNoise, _ random: inout SeededGenerator) -> Box {
        let (deviationX, deviationY): (Double, Double) =
            switch noise {
            case .share(let share): (share * (box.x2 - box.x1), share * (box.y2 - box.y1))
            case .pixels(let pixels): (pixels, pixels)
            }
        let x = Self.edges(box.x1, box.x2, deviationX, limit: Double(mask.width), &random)
        let y = Self.edges(box.y1, box.y2, deviationY, limit: Double(mask.height), &random)
        return Box(x1: x.low, y1: y.low, x2: x.high, y2: y.high)
    }

    private static func edges(
        _ low: Double, _ high: Double, _ deviation: Double, limit: Double,
        _ random: inout SeededGenerator
    ) -> (low: Double, high: Double) {
        let first = min(max(0, low + deviation * random.normal()), limit)
        let second = min(max(0, high + deviation * random.normal()), limit)
        let (low, high) = (min(first, second), max(first, second))
        if high - low >= 1 { return (low, high) }
        let start = min(max(0, (low + high - 1) / 2), limit - 1)
        return (start, start + 1)
    }

    /// A place of no pixel of the object and no ignored one: in its box grown by half if there is one, else anywhere, else
    /// the frame's corner.
    private func outside(_ random: inout SeededGenerator) -> Point {
        let (growX, growY) = ((box.x2 - box.x1) / 4, (box.y2 - box.y1) / 4)
        for attempt in 0..<64 {
            let isNear = attempt < 32
            let lowX = isNear ? max(0, Int(box.x1 - growX)) : 0
            let lowY = isNear ? max(0, Int(box.y1 - growY)) : 0
            let highX = isNear ? min(mask.width, Int(box.x2 + growX) + 1) : mask.width
            let highY = isNear ? min(mask.height, Int(box.y2 + growY) + 1) : mask.height
            let x = lowX + random.uniform(below: highX - lowX)
            let y = lowY + random.uniform(below: highY - lowY)
            if !mask[x, y], !(ignored?[x, y] ?? false) { return point(at: y * mask.width + x) }
        }
        return Point(x: 0, y: 0)
    }

    /// The middle of a pixel.
    private func point(at place: Int) -> Point {
        Point(x: Double(place % mask.width) + 0.5, y: Double(place / mask.width) + 0.5)
    }
}
