// Reference: transformers, models/sam2/processing_sam2.py (_normalize_coordinates) and
// modeling_sam2.py (Sam2PromptEncoder)
//
// Legend: P prompts, N points.
public import Imaging
public import Segmentation
public import Torch

extension SegmentationPrompt {
    /// How many points the prompt is for the model, without the filling at the end.
    var pointCount: Int {
        (box == nil ? 0 : 2) + positivePoints.count + negativePoints.count
    }
}

/// Prompts that go through the decoder together.
struct PromptBatch: Equatable {
    /// Places in the list of all prompts.
    let indices: [Int]

    /// The prompts grouped by their number of points, at most `limit` in a group.
    ///
    /// - Throws: ``PromptError`` for a prompt without points
    static func batches(_ prompts: [SegmentationPrompt], limit: Int) throws -> [PromptBatch] {
        if let empty = prompts.firstIndex(where: { $0.pointCount == 0 }) {
            throw PromptError(index: empty)
        }
        let counts = Set(prompts.map(\.pointCount)).sorted()
        return counts.flatMap { count in
            let group = prompts.indices.filter { prompts[$0].pointCount == count }
            return stride(from: 0, to: group.count, by: limit).map {
                PromptBatch(indices: Array(group[$0..<min($0 + limit, group.count)]))
            }
        }
    }
}

extension PromptPoints {
    /// The points of prompts that have the same number of them: the places inside, the places
    /// outside, the box's corners, and the filling.
    ///
    /// Order and rounding are those of transformers' processor and model, so that answers agree with
    /// theirs to the last bit where the arithmetic does: attention does not care about the order of
    /// points, but its sums round by it, and sharp models magnify that.
    ///
    /// - Parameters:
    ///   - prompts: the prompts
    ///   - frame: the frame of their coordinates
    ///   - imageSize: the side of the model's square, in pixels
    ///   - device: where the tensors shall live
    /// - Throws: `TorchError`
    public init(
        _ prompts: [SegmentationPrompt], in frame: ImageFrame, imageSize: Int, device: Device
    ) throws {
        let scaleX = Float(Double(imageSize) / Double(frame.width))
        let scaleY = Float(Double(imageSize) / Double(frame.height))
        var coordinates: [Float] = []
        var labels: [Int] = []
        func add(_ point: Point, _ label: PointLabel) {
            coordinates += [Float(point.x) * scaleX, Float(point.y) * scaleY]
            labels.append(label.rawValue)
        }
        for prompt in prompts {
            for point in prompt.positivePoints { add(point, .positive) }
            for point in prompt.negativePoints { add(point, .negative) }
            if let box = prompt.box {
                add(Point(x: box.x1, y: box.y1), .boxLow)
                add(Point(x: box.x2, y: box.y2), .boxHigh)
            }
            add(Point(x: 0, y: 0), .padding)
        }
        let shape = [prompts.count, labels.count / prompts.count]
        self.init(
            coordinates: try Tensor.of(coordinates, shape: shape + [2]).to(device),
            labels: try Tensor.of(labels, shape: shape).to(device),
            boxStart: labels.firstIndex(of: PointLabel.boxLow.rawValue) ?? 0)
    }
}
