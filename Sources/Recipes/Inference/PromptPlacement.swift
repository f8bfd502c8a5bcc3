import Imaging
import Segmentation

/// A box or point that lies outside of the picture that it is about.
public struct PromptPlacementError: Error, Sendable, CustomStringConvertible {
    /// The picture.
    public let image: String
    /// Which box or point, which coordinate, and what would be right.
    public let problem: String

    /// Picture and problem in one line.
    public var description: String { "\(image): \(problem)" }
}

/// Where boxes and points lie in a picture's frame: x right and y down, in pixels, from its upper left
/// corner.
struct PromptPlacement {
    let image: String
    let frame: ImageFrame

    /// Fails where a box has nothing of the picture in it, or a point is not on it.
    ///
    /// - Parameter prompts: in the picture's frame
    /// - Returns: what is said of boxes that are partly beyond the picture
    /// - Throws: ``PromptPlacementError``
    func warnings(_ prompts: [SegmentationPrompt]) throws -> [String] {
        var warnings: [String] = []
        for prompt in prompts {
            for point in prompt.positivePoints + prompt.negativePoints {
                if let wrong = beyond([("x", point.x), ("y", point.y)]) {
                    throw error("point \(text(point.x)),\(text(point.y))", wrong)
                }
            }
            guard let box = prompt.box else { continue }
            let name = "box " + [box.x1, box.y1, box.x2, box.y2].map(text).joined(separator: ",")
            let isOutside =
                box.x1 >= Double(frame.width) || box.y1 >= Double(frame.height) || box.x2 <= 0
                || box.y2 <= 0
            let sides = [("x1", box.x1), ("y1", box.y1), ("x2", box.x2), ("y2", box.y2)]
            guard let wrong = beyond(sides) else { continue }
            if isOutside { throw error(name, wrong) }
            warnings.append(
                "\(image): \(name) is partly beyond the picture: \(wrong); \(Self.advice)")
        }
        return warnings
    }

    private static let advice =
        "coordinates are pixels of the picture, not of the square that a policy answers in"

    private func error(_ name: String, _ wrong: String) -> PromptPlacementError {
        PromptPlacementError(
            image: image, problem: "\(name) lies beyond the picture: \(wrong); \(Self.advice)")
    }

    /// The coordinates that are not on the picture, with what would be; nil if all are.
    private func beyond(_ sides: [(name: String, value: Double)]) -> String? {
        let wrong = sides.filter { side in
            !(0...length(side.name)).contains(side.value)
        }
        if wrong.isEmpty { return nil }
        let words = wrong.map { "\($0.name) is \(text($0.value))" }.joined(separator: ", ")
        return "\(words), but the picture is \(frame.width) x \(frame.height) pixels, x from 0 to "
            + "\(frame.width) and y from 0 to \(frame.height)"
    }

    private func length(_ name: String) -> Double {
        Double(name.hasPrefix("x") ? frame.width : frame.height)
    }

    private func text(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)"
    }
}
