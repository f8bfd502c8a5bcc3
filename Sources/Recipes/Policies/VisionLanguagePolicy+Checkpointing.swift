import Imaging
package import SharedSettings
import Torch
package import VisionLanguage

extension VisionLanguagePolicy {
    /// Decides whether gradients are taken through layers that are computed again.
    ///
    /// - Parameters:
    ///   - choice: what the user wants
    ///   - side: the side of the pictures, in pixels
    ///   - completionTokens: tokens of all completions that an update scores together with a prompt
    ///   - groups: how many prompts a step has
    ///   - microBatchTokens: how many positions of several prompts an update takes together
    /// - Throws: an error if pictures of that side cannot be asked about
    package func checkpointLayers(
        _ choice: GradientCheckpointing, side: Int, completionTokens: Int = 0, groups: Int = 1,
        microBatchTokens: Int = 0
    ) throws {
        let picture = RGBImage(
            width: side, height: side, pixels: [UInt8](repeating: 0, count: side * side * 3))
        let shortest = try prompt(image: picture, question: "")
        let group = shortest.tokenCount + completionTokens
        let positions = max(group, min(groups * group, microBatchTokens))
        let patches =
            shortest.input.grids.reduce(0) { $0 + $1.patchCount } * max(1, positions / group)
        checkpointsLayers = choice.isUsed(
            keptBytes: model.keptBytes(positions: positions, patches: patches))
    }
}

extension VisionLanguageModel {
    /// About what layers keep for the gradient of everything that is trained, if they are not computed
    /// again: of each position of a text layer 6 c + 2 k + 4 f numbers (c the hidden size, k the width of
    /// keys, f the inner width), of each patch of a trained tower's block 8 c + 4 f.
    package func keptBytes(positions: Int, patches: Int) -> Int {
        let (text, vision) = (options.text, options.vision)
        let layer = 6 * text.hiddenSize + 2 * text.keyWidth + 4 * text.intermediateSize
        let block = 8 * vision.hiddenSize + 4 * vision.intermediateSize
        let tower = keepsVision ? 0 : vision.depth * patches * block
        return (text.layerCount * positions * layer + tower) * dtype.byteCount
    }
}
