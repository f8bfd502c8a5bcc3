import Costs
import PromptedMasks
import VisionLanguage

/// What a run needs in memory, part by part, in bytes: computed from sizes, not measured.
///
/// What stays is exact. What a phase adds are the tensors that it keeps at a time, counted in the code
/// that makes them; libtorch's own buffers and gaps between tensors are not in it. Legend: P tokens of a prompt, N patches of its picture, G completions, R tokens of each, C
/// hidden size, K width of keys, F inner size, V vocabulary.
struct MemoryEstimate {
    /// One part.
    struct Part {
        let name: String
        let bytes: Int
    }

    /// What stays for the whole run.
    let lasting: [Part]
    /// What one phase of a step adds; phases follow each other.
    let phases: [Part]

    /// What the most is at any time.
    var peak: Int { lasting.reduce(0) { $0 + $1.bytes } + (phases.map(\.bytes).max() ?? 0) }

    /// The program with libtorch on the CPU, before a model is loaded: measured.
    static let programBytes = 200 << 20

    /// The memory of a run whose completions all have the length R.
    init(_ sizes: RunSizes, completionLength: Int) {
        let counted = Counted(sizes: sizes, length: completionLength)
        lasting = counted.lasting.filter { $0.bytes > 0 }
        phases = counted.phases.filter { $0.bytes > 0 }
    }
}

/// The formulas.
private struct Counted {
    let sizes: RunSizes
    /// R.
    let length: Int

    var text: TextOptions { sizes.policy.text }
    var vision: VisionOptions { sizes.policy.vision }
    /// Bytes of a number.
    var b: Int { sizes.elementBytes }
    /// K.
    var keyWidth: Int { text.keyWidth }
    /// Groups of a micro-batch.
    var groups: Int {
        sizes.groupsTogether(
            length: length, prompts: sizes.promptsPerStep, within: sizes.microBatchTokens)
    }
    /// Groups that are decoded together; all their completions may become as long as the longest.
    var decodedGroups: Int {
        sizes.groupsTogether(
            length: sizes.completionLength, prompts: sizes.promptsPerGeneration,
            within: sizes.rolloutBatchTokens)
    }
    /// Positions of a micro-batch's prompts and completions; nothing follows the last token of each.
    var positions: Int { groups * (sizes.promptTokens + sizes.groupSize * (length - 1)) }

    typealias Part = MemoryEstimate.Part

    var lasting: [Part] {
        let trained = sizes.trainedCount
        return [
            Part(name: "program", bytes: sizes.isOnCPU ? MemoryEstimate.programBytes : 0),
            Part(name: "policy", bytes: sizes.parameterCount * b),
            Part(name: "reference", bytes: sizes.hasReference ? sizes.trainedCount * b : 0),
            Part(
                name: "segmenter", bytes: sizes.segmenterCount * sizes.segmenterElementBytes),
            Part(name: "embeddings kept", bytes: sizes.isOnCPU ? sizes.embeddingBytes : 0),
            Part(name: "AdamW, masters", bytes: b < 4 ? trained * 4 : 0),
            Part(name: "AdamW, moments", bytes: trained * 8),
            Part(name: "checkpoint, copied", bytes: sizes.isOnCPU ? checkpoint : 0),
            Part(name: "prompts", bytes: sizes.isOnCPU ? prompts : 0),
        ]
    }

    var phases: [Part] {
        [
            Part(name: "loading", bytes: sizes.isOnCPU ? sizes.fileBytes : 0),
            Part(
                name: "generation", bytes: packed + sizes.workers * (max(prefill, decoding) + cache)
            ),
            Part(name: "segmentation", bytes: sizes.workers * segmentation),
            Part(name: "update", bytes: gradients + sizes.workers * (activations + logits)),
            // Gradients in float32 beside the gradients.
            Part(name: "optimizer", bytes: gradients + (b < 4 ? sizes.trainedCount * 4 : 0)),
        ]
    }

    /// What of a checkpoint is copied until it is written: a float32 parameter is its own master.
    private var checkpoint: Int { sizes.trainedCount * (3 * 4 + (b < 4 ? b : 0)) }

    private var gradients: Int { sizes.workers * sizes.trainedCount * b }

    /// Patches and pictures of the prompts of a batch of rollouts, and of those that are made ready.
    private var prompts: Int {
        let pixels = sizes.imageSize * sizes.imageSize
        return (sizes.promptsPerGeneration + sizes.promptsAhead)
            * (sizes.patches * vision.patchElements * 4 + pixels * 4)
    }

    // MARK: - Generation

    /// Keys and values of prompt and completions, and what recurrent layers keep of each.
    private var cache: Int {
        decodedGroups
            * (text.attentionLayerCount * 2 * keyWidth * b
                * (sizes.promptTokens + sizes.groupSize * length)
                + text.stateBytes * (1 + sizes.groupSize))
    }

    /// One layer of the tower or of the language model over a prompt, without gradients.
    private var prefill: Int {
        let patches = decodedGroups * sizes.patches
        let tower = patches * (6 * vision.hiddenSize + 3 * vision.intermediateSize) * b
        let model =
            decodedGroups * sizes.promptTokens * (6 * text.hiddenSize + 3 * text.intermediateSize)
            * b
        return max(tower + patches * vision.patchElements * b, model)
    }

    /// The language model's weights and its head in the order in which decoding reads them.
    private var packed: Int {
        if !sizes.isOnCPU { return 0 }
        return (text.layerWeights + text.vocabularySize * text.hiddenSize) * b
    }

    /// Logits of the next tokens, their log-probabilities, and copies that sampling makes.
    private var decoding: Int {
        decodedGroups * sizes.groupSize * text.vocabularySize * 4 * 4 + headCopy
    }

    private var headCopy: Int {
        sizes.castsHead && b < 4 ? text.vocabularySize * text.hiddenSize * 4 : 0
    }

    // MARK: - Segmentation

    /// The first stage of the picture encoder, and the masks of one call of the decoder.
    private var segmentation: Int {
        let encoder = sizes.segmenter.encoderCost.numbersHeld
        let grid = sizes.segmenter.embeddingSide * sizes.segmenter.embeddingSide
        let low = sizes.segmenter.lowResolutionSide * sizes.segmenter.lowResolutionSide
        let prompts =
            sizes.isOnCPU
            ? sizes.segmenter.promptsPerCallOnCPU(elementBytes: sizes.segmenterElementBytes) : 32
        let decoder = prompts * (grid * 4 * sizes.segmenter.maskDecoder.hiddenSize + low * 64)
        let masks = min(prompts * sizes.imageSize * sizes.imageSize, 1 << 24) * 4
        return max(encoder, decoder) * sizes.segmenterElementBytes + masks
    }

    // MARK: - Update

    /// What the backward pass needs of the forward pass, in the layers that it goes through.
    private var activations: Int {
        let (c, f) = (text.hiddenSize, text.intermediateSize)
        let perPosition = layer(c, f, query: text.queryWidth, key: keyWidth)
        // Each completion's keys and values stand behind a copy of the prompt's.
        let joined = groups * sizes.groupSize * (sizes.promptTokens + length) * 2 * keyWidth * b
        // Who sees whom, as numbers that are added to scores.
        let mask = groups * length * (sizes.promptTokens + length) * b
        let tower =
            sizes.trainsVision
            ? sizes.trained.visionBlocksWithGradient(vision) * groups * sizes.patches
                * layer(
                    vision.hiddenSize, vision.intermediateSize, query: vision.hiddenSize,
                    key: vision.hiddenSize) : 0
        // Of the layer that the backward pass is at.
        let backward = positions * (3 * f + 6 * c) * b
        let layers = sizes.trained.textLayersWithGradient(
            sizes.policy, pictureHasGradient: sizes.trainsVision)
        return layers * (positions * perPosition + joined + mask) + tower + backward
    }

    /// Of one layer and position: two norms, with their input in float32; queries, keys, values, the
    /// result of attention in its three layouts; four inner vectors of the MLP.
    private func layer(_ c: Int, _ f: Int, query q: Int, key k: Int) -> Int {
        2 * (4 * c + 2 * c * b) + (c + 4 * q + 2 * k) * b + 4 * f * b
    }

    /// Probabilities of all completions' tokens, float32, where they are kept; of a piece of 256 tokens
    /// the logits, their logarithms and the gradients; and the head's gradient in float32,
    /// if it is trained.
    private var logits: Int {
        let tokens = groups * sizes.groupSize * length
        let row = text.vocabularySize * 4
        let kept = tokens * row <= 256 << 20 ? tokens * row : 0
        let keys = sizes.policy.keys
        let head = text.head == .own ? keys.headWeight : keys.embedding
        let isTrained = sizes.trained.contains(head)
        let gradient =
            (isTrained ? 1 : 0) * (b < 4 ? 2 : 1) * text.vocabularySize * text.hiddenSize * 4
        return kept + 3 * min(256, tokens) * row + gradient + headCopy
    }
}
