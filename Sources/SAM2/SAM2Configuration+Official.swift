import NN
import PromptedMasks
import Torch

extension SAM2Configuration {
    /// The released size whose shapes a checkpoint has.
    ///
    /// - Parameter checkpoint: with the hub's keys
    /// - Returns: its configuration
    /// - Throws: `CheckpointError` if it is none of them
    static func recognized(_ checkpoint: OfficialCheckpoint) throws -> SAM2Configuration {
        let trunk = "vision_encoder.backbone."
        var blocks: [(channels: Int, count: Int)] = []
        var index = 0
        while let channels = checkpoint.shape(trunk + "blocks.\(index).layer_norm2.weight")?.first {
            if blocks.last?.channels == channels {
                blocks[blocks.count - 1].count += 1
            } else {
                blocks.append((channels, 1))
            }
            index += 1
        }
        let grid = checkpoint.shape(trunk + "pos_embed")?.last
        for size in released.values {
            let hiera = size.vision.backbone
            if hiera.embedDimensions == blocks.map(\.channels), hiera.blocks == blocks.map(\.count),
                hiera.backgroundGrid.side == grid
            {
                return size
            }
        }
        let stages = blocks.map { "\($0.count) of \($0.channels) channels" }
        throw CheckpointError(
            path: checkpoint.path,
            problem: "is none of the released sizes; it has blocks: "
                + stages.joined(separator: ", "),
            advice: "put its config.json, in the hub's layout, beside the file")
    }
}
