public import Imaging
public import Segmentation

/// One object that an answer points at.
public struct AnswerTarget: Hashable, Sendable {
    /// Its pixels, in the policy's frame.
    public var mask: BinaryMask
    /// The edges of its pixels, in the policy's frame; the right and lower edges are after the last.
    public var box: Box

    /// The object of a mask; nil if the mask has no pixel.
    public init?(mask: BinaryMask) {
        guard let box = mask.boundingBox else { return nil }
        self.mask = mask
        self.box = box
    }
}

/// Writes the answer that a policy should give, from the truth's masks.
///
/// A box around each object and points inside it, objects from left to right, every coordinate a
/// multiple of a step: a policy that starts from nothing has fewer numbers to learn then.
public struct AnswerWriter: Sendable {
    /// What an instance holds.
    public var grammar: AnswerGrammar
    /// What coordinates are multiples of, in pixels of the policy's frame.
    public var coordinateStep: Int
    /// The frame that coordinates are written in; that of the masks if nil.
    public var frame: ImageFrame?

    /// A writer for a grammar.
    public init(grammar: AnswerGrammar, coordinateStep: Int = 1) {
        precondition(coordinateStep > 0)
        self.grammar = grammar
        self.coordinateStep = coordinateStep
    }

    /// The whole completion: thought and answer.
    ///
    /// - Parameters:
    ///   - thought: what stands in the `<think>` tag
    ///   - targets: the objects
    ///   - ignored: pixels of which nobody knows whether they are target, where no negative point may
    ///     be; in the objects' frame
    /// - Returns: the text, from `<think>` to `</answer>`
    public func completion(
        thought: String, targets: [AnswerTarget], avoiding ignored: BinaryMask? = nil
    ) -> String {
        let instances = targets.sorted { ($0.box.x1, $0.box.y1) < ($1.box.x1, $1.box.y1) }
            .map { instance($0, among: targets, avoiding: ignored) }
        return "<think>\(thought)</think>\n<answer>```json[\(instances.joined(separator: ", "))]"
            + "```</answer>"
    }

    /// What to think about objects of a kind.
    ///
    /// - Parameters:
    ///   - many: the name of several
    ///   - count: how many the picture shows
    /// - Returns: a thought such as "The question means ponds; two are visible."
    public static func thought(many: String, count: Int) -> String {
        let verb = count < 2 ? "is" : "are"
        return "The question means \(many); \(numeral(count)) \(verb) visible."
    }

    /// What to think about a target that has no name.
    public static func thought(count: Int) -> String {
        switch count {
        case 0: "Nothing in the image fits the question."
        case 1: "One region fits the question."
        default: "\(count) regions fit the question."
        }
    }

    /// The fixed stretches of completions of `PromptVariant/box2Points` with a thought of
    /// ``thought(many:count:)``: what a small vocabulary may have as one token each.
    public static var stretches: [String] {
        let ends = (0..<numerals.count).map { count in
            "; \(numerals[count]) \(count < 2 ? "is" : "are") visible.</think>\n<answer>```json["
        }
        return ["<think>The question means"] + ends + [
            "{\"bbox_2d\": [", ", {\"bbox_2d\": [", ", ", "], \"positive_points\": [[", "], [",
            "]]}", "]```</answer>",
        ]
    }

    private static let numerals = ["none", "one", "two", "three", "four", "five", "six"]

    private static func numeral(_ count: Int) -> String {
        numerals.indices.contains(count) ? numerals[count] : String(count)
    }

    // MARK: - Instances

    private func instance(
        _ target: AnswerTarget, among targets: [AnswerTarget], avoiding ignored: BinaryMask?
    ) -> String {
        let shape = MaskShape(target.mask)
        var fields: [String] = []
        if grammar.box != .forbidden {
            let (width, height) = (target.mask.width, target.mask.height)
            let edges = [
                stepped(target.box.x1, to: width), stepped(target.box.y1, to: height),
                stepped(target.box.x2, to: width), stepped(target.box.y2, to: height),
            ]
            let low = written(edges[0], edges[1], of: target.mask)
            let high = written(edges[2], edges[3], of: target.mask)
            fields.append("\"bbox_2d\": \(list([low.x, low.y, high.x, high.y]))")
        }
        if grammar.positivePoints > 0 {
            let points = shape.places(grammar.positivePoints).map {
                shape.nearest(to: $0, step: coordinateStep) { target.mask[$0, $1] }
            }.map { written($0.x, $0.y, of: target.mask) }
            fields.append("\"positive_points\": \(list(points))")
        }
        if grammar.negativePoints > 0 {
            let points = shape.placesOutside(grammar.negativePoints).map {
                shape.nearest(to: $0, step: coordinateStep) { x, y in
                    !targets.contains { $0.mask[x, y] } && !(ignored?[x, y] ?? false)
                }
            }.map { written($0.x, $0.y, of: target.mask) }
            fields.append("\"negative_points\": \(list(points))")
        }
        return "{\(fields.joined(separator: ", "))}"
    }

    private func stepped(_ edge: Double, to limit: Int) -> Int {
        let step = Double(coordinateStep)
        return min(Int((edge / step).rounded() * step), limit)
    }

    /// A place of a mask in the frame that coordinates are written in.
    private func written(_ x: Int, _ y: Int, of mask: BinaryMask) -> (x: Int, y: Int) {
        guard let frame else { return (x, y) }
        let place = ImageFrame(width: mask.width, height: mask.height)
            .convert(Point(x: Double(x), y: Double(y)), to: frame)
        return (Int(place.x.rounded()), Int(place.y.rounded()))
    }

    private func list(_ numbers: [Int]) -> String {
        "[" + numbers.map(String.init).joined(separator: ", ") + "]"
    }

    private func list(_ points: [(x: Int, y: Int)]) -> String {
        "[" + points.map { list([$0.x, $0.y]) }.joined(separator: ", ") + "]"
    }
}
