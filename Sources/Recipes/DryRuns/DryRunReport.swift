import Configuration
import Costs
import Embeddings
import Files
import Foundation
import Imaging
import NN
import Policies
import PromptedMasks
import RLTrainer
import Segmentation
import Settings
import Shards
import SharedSettings
import TextFiles
import Threads
import Torch
import Training
import TrainingRuns
import VisionLanguage

/// What a run will do and take, in lines for people.
struct DryRunReport {
    let configuration: RunConfiguration
    let plan: ThreadPlan
    let start: RunStart
    let data: ShardedDataset
    let evaluation: TrainingEvaluation?
    let policy: VisionLanguagePolicy
    let segmenter: any FrozenSegmenter
    let prompt: VisionLanguagePolicy.Prompt
    /// What to measure the speed of, for the time that steps take; nil: nothing.
    let device: Device?

    private var grpo: GRPOConfiguration {
        configuration.resolvedGRPO(sampleCount: data.count, workers: plan.workers)
    }
    private var total: Int { grpo.schedule.totalSteps }
    private var done: Int { start.checkpoint?.step ?? 0 }
    private var trained: [Parameter] {
        policy.parameters.filter { $0.tensor.requiresGradient }
    }

    func lines() throws -> [String] {
        try [startLine] + modelLines + dataLines + trainingLines + costLines() + memoryLines
            + diskLines
    }

    var warnings: [String] {
        [memoryWarning, diskWarning, dataWarning, adapterWarning].compactMap(\.self)
    }

    private var adapterWarning: String? {
        guard configuration.policy.adapter.isUsed else { return nil }
        return
            "time and memory are estimated as if all weights were trained in one piece: they do not count "
            + "that an adapter's base stays mapped from its file, nor what the adapter's products take"
    }

    // MARK: - What is run

    private var startLine: String {
        guard let checkpoint = start.checkpoint else {
            return "start      from the beginning, in \(configuration.outputDirectory)"
        }
        return "start      from \(checkpoint.path), after step \(checkpoint.step)"
            + (start.isInPlace ? "" : ", as a new branch in \(configuration.outputDirectory)")
    }

    private var modelLines: [String] {
        [
            "device     \(configuration.device)",
            "threads    \(plan.words)",
            "policy     \(millions(policy.parameters.numberCount)) M parameters, "
                + "\(millions(trained.numberCount)) M of them trained, "
                + configuration.policy.dtype.rawValue,
        ] + TrainedParts(policy).lines + [
            policy.endLine,
            "reference  "
                + (configuration.grpo.loss.beta == 0
                    ? "none: grpo.beta is 0" : configuration.policy.path),
            "segmenter  \(millions(segmenter.parameters.numberCount)) M parameters, "
                + "\(configuration.segmenter.dtype.rawValue), frozen",
        ]
    }

    private var dataLines: [String] {
        let (side, frame) = (configuration.data.imageSize, prompt.input.frames[0])
        let shown =
            frame.width == side && frame.height == side
            ? "" : ", which the policy sees as \(frame.width) x \(frame.height)"
        let pictures = prompt.input.grids.reduce(0) {
            $0 + $1.tokenCount(mergeSize: policy.model.options.vision.mergeSize)
        }
        let length = configuration.grpo.sampling.maxCompletionLength
        let most = policy.model.options.text.maximumPositions
        return [
            "data       \(counted(data.count, "sample")) in \(counted(data.shards.count, "shard"))",
            "evaluation " + (evaluation?.summary ?? "none: data.validation names no shards"),
            "pictures   \(side) x \(side) pixels\(shown)",
            "prompt     \(prompt.tokenCount) tokens, \(pictures) of them the picture's; with a completion "
                + "up to \(prompt.tokenCount + length)"
                + (most.map { ", max_position_embeddings is \($0)" } ?? ""),
        ]
    }

    private var trainingLines: [String] {
        let epochs = grpo.epochs(steps: total, epochLength: data.count)
        let perStep = grpo.promptsPerStep
        let minutes = configuration.training.maxMinutes.map {
            "; ends after \($0.yaml) minutes if not before"
        }
        return [
            "training   \(counted(total, "step")), \(done) of them done; \(String(format: "%.2f", epochs)) "
                + "epochs\(minutes ?? "")",
            "a step     \(counted(perStep, "prompt")) x \(counted(grpo.numGenerations, "completion")) = "
                + "\(perStep * grpo.numGenerations)\(grpo.reuse.map { "; " + $0 } ?? "")",
            "rate       " + grpo.schedule.words(peak: configuration.training.learningRate),
        ] + (configuration.training.stopWhen.words.map { ["ends when  \($0)"] } ?? [])
    }

    // MARK: - What it takes

    private func costLines() throws -> [String] {
        let shapes = StepShapes(
            sizes, grids: prompt.input.grids,
            trained: sizes.trained, grpo: grpo,
            grammar: policy.template.variant.grammar)
        let speed = try device.map { device in
            try MachineProbe(device: device, threads: plan.busyThreads).measure(
                shapes, policy: configuration.policy.dtype.dtype,
                segmenter: configuration.segmenter.dtype.dtype)
        }
        return CostReport(cost: StepCost(shapes), steps: max(0, total - done), speed: speed).lines
    }

    private var sizes: RunSizes {
        let model = policy.model.options
        var sizes = RunSizes(
            policy: model, parameterCount: policy.parameters.numberCount,
            trainedCount: trained.numberCount,
            trainsVision: trained.contains(where: policy.model.isVision),
            elementBytes: configuration.policy.dtype.dtype.byteCount, fileBytes: weightBytes,
            castsHead: configuration.policy.castsHeadToFloat32,
            hasReference: configuration.grpo.loss.beta != 0,
            segmenter: segmenter.sizes,
            segmenterCount: segmenter.parameters.numberCount,
            segmenterElementBytes: configuration.segmenter.dtype.dtype.byteCount,
            promptTokens: prompt.tokenCount,
            patches: prompt.input.grids.reduce(0) { $0 + $1.patchCount },
            imageSize: configuration.data.imageSize, groupSize: grpo.numGenerations,
            completionLength: configuration.grpo.sampling.maxCompletionLength,
            promptsPerGeneration: grpo.promptsPerGeneration,
            workers: grpo.workers, isOnCPU: configuration.device == "cpu")
        sizes.trained = TrainedWeights(frozen: configuration.policy.freeze)
        sizes.embeddingBytes = embeddingBytes(configuration.segmenter.embeddingCache.memoryBytes)
        sizes.promptsAhead = configuration.samplesAhead
        sizes.promptsPerStep = grpo.promptsPerStep
        sizes.rolloutBatchTokens = grpo.rolloutBatchTokens
        sizes.microBatchTokens = grpo.microBatchTokens
        return sizes
    }

    /// Bytes of the embeddings of all pictures, within a budget.
    private func embeddingBytes(_ budget: Int) -> Int {
        let layout = FeatureLayout(
            segmenter.sizes, dtype: configuration.segmenter.dtype.dtype)
        return min(budget, (data.count + (evaluation?.sampleCount ?? 0)) * layout.byteCount)
    }

    private var embeddingDiskBytes: Int {
        embeddingBytes(configuration.segmenter.embeddingCache.diskBytes)
    }

    private var weightBytes: Int {
        let folder = start.checkpoint?.policy ?? configuration.policy.path
        return ((try? WeightFiles(folder: folder).names) ?? []).reduce(0) {
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\($1)")
            return $0 + ((attributes?[.size] as? Int) ?? 0)
        }
    }

    private var most: MemoryEstimate {
        MemoryEstimate(sizes, completionLength: sizes.completionLength)
    }

    private var memoryLines: [String] {
        let least = MemoryEstimate(sizes, completionLength: 1)
        let heading =
            "memory     estimated from sizes, count with a fifth more: \(megabytes(least.peak)) with "
            + "completions of one token, \(megabytes(most.peak)) with the longest"
        func line(_ part: MemoryEstimate.Part, _ note: String) -> String {
            "           \(part.name): \(megabytes(part.bytes))\(note)"
        }
        let largest = most.phases.map(\.bytes).max()
        return [heading] + most.lasting.map { line($0, "") }
            + most.phases.map {
                line($0, $0.bytes == largest ? ", the largest phase of a step" : ", for a while")
            }
    }

    private var memoryWarning: String? {
        let needed = most.peak / 5 * 6
        guard configuration.device == "cpu", let available = availableMemory(), needed > available
        else { return nil }
        return
            "the run may need \(megabytes(needed)) of memory, and \(megabytes(available)) are "
            + "available: lower grpo.max_completion_length, grpo.num_generations or data.image_size"
    }

    private var checkpoints: Int {
        checkpointsAtOnce(
            total: total, done: done, every: configuration.logging.saveSteps,
            keep: configuration.logging.saveTotalLimit,
            best: !configuration.data.validation.isEmpty)
    }

    private var freeSpace: Int? {
        let place = existingParent(configuration.outputDirectory)
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: place)
        return (attributes?[.systemFreeSize] as? NSNumber)?.intValue
    }

    private var diskLines: [String] {
        let bytes = sizes.checkpointBytes
        let free = freeSpace.map { ", \(megabytes($0)) are free" } ?? ""
        let kept = embeddingDiskBytes
        let embeddings = kept > 0 ? ", \(megabytes(kept)) of embeddings" : ""
        return [
            "disk       \(megabytes(bytes)) for a checkpoint, \(checkpoints) at a time at most: "
                + "\(megabytes(bytes * checkpoints))\(embeddings)\(free)"
        ]
    }

    private var diskWarning: String? {
        let embeddings =
            configuration.segmenter.embeddingCache.path == nil ? embeddingDiskBytes : 0
        let needed = sizes.checkpointBytes * checkpoints + embeddings
        guard let freeSpace, needed > freeSpace else { return nil }
        return
            "checkpoints\(embeddings > 0 ? " and embeddings" : "") may need \(megabytes(needed)), and \(megabytes(freeSpace)) are free where "
            + "\(configuration.outputDirectory) is: set logging.save_total_limit, or raise "
            + "logging.save_steps"
    }

    private var dataWarning: String? {
        if grpo.promptsPerGeneration <= data.count { return nil }
        return
            "a batch of rollouts has \(counted(grpo.promptsPerGeneration, "prompt")), and there are "
            + "\(counted(data.count, "sample")): it takes some of them several times"
    }
}

extension ThreadPlan {
    /// How many threads work at a time: those of an operation, or the workers as far as there are cores.
    var busyThreads: Int {
        workers > 1 ? min(workers, ProcessInfo.processInfo.activeProcessorCount) : threads
    }
}

extension LearningRateSchedule {
    /// The learning rate over the run, in words.
    package func words(peak: Double) -> String {
        let rise =
            warmupSteps > 0 && kind != .constant
            ? "rises from 0 to \(peak.yaml) over \(counted(warmupSteps, "step")), then "
            : "\(peak.yaml), "
        switch kind {
        case .linear: return rise + "falls in a straight line to 0 after step \(totalSteps)"
        case .cosine: return rise + "falls along half a cosine to 0 after step \(totalSteps)"
        case .constant, .constantWithWarmup: return rise + "stays"
        case .inverseSqrt:
            let last = String(format: "%.3g", peak * factor(step: max(0, totalSteps - 1)))
            return rise + "falls with the square root of the step, to \(last) in the last"
        }
    }
}

/// Bytes that a process can still have; nil where the system does not say.
func availableMemory() -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8),
        let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }),
        let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    return kilobytes * 1024
}
