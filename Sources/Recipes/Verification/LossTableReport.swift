import Files
import RLTrainer
import Torch

/// How far this program's losses and advantages are from those of a table.
///
/// Differences are relative: `|ours - table| / max(|table|, floor)`. The floor is 1e-3 for values,
/// metrics and advantages, and a thousandth of the micro-batch's largest for gradients, so that what is
/// 0 but for rounding is compared absolutely.
public struct LossTableReport: Encodable, Sendable {
    /// How far losses, metrics, masks and advantages may be off.
    public static let valueTolerance = 1e-6
    /// How far gradients may be off.
    public static let gradientTolerance = 1e-5

    /// The cases of one kind.
    public struct Kind: Encodable, Sendable {
        /// A loss type, or "advantages".
        public let name: String
        /// How many cases there are.
        public fileprivate(set) var cases = 0
        /// The largest difference of a loss or an advantage.
        public fileprivate(set) var value = 0.0
        /// The largest difference of a gradient.
        public fileprivate(set) var gradient = 0.0
        /// The largest difference of a metric.
        public fileprivate(set) var metrics = 0.0
    }

    /// A case that is off by more than it may.
    public struct Failure: Encodable, Sendable {
        /// The case's name.
        public let name: String
        /// What differs, such as "loss" or "gradient".
        public let quantity: String
        /// By how much.
        public let difference: Double
    }

    /// The kinds, in the order of their first cases.
    public private(set) var kinds: [Kind] = []
    /// What is off, in the order of the table.
    public private(set) var failures: [Failure] = []

    /// Computes every case of a table in double precision.
    ///
    /// - Parameter table: what TRL computed
    /// - Throws: `TorchError`
    public init(_ table: LossTable) throws {
        for item in table.losses { try check(item) }
        for item in table.rollouts { try check(item) }
    }

    private mutating func record(
        _ kind: String, _ name: String, value: [String: Double], gradient: Double = 0,
        metrics: [String: Double] = [:]
    ) {
        let index = kinds.firstIndex { $0.name == kind } ?? kinds.count
        if index == kinds.count { kinds.append(Kind(name: kind)) }
        kinds[index].cases += 1
        kinds[index].value = largest([kinds[index].value] + value.values)
        kinds[index].gradient = largest([kinds[index].gradient, gradient])
        kinds[index].metrics = largest([kinds[index].metrics] + metrics.values)
        for (quantity, difference) in value.merging(metrics, uniquingKeysWith: { $1 })
            .sorted(by: { $0.key < $1.key })
        where difference > Self.valueTolerance {
            failures.append(Failure(name: name, quantity: quantity, difference: difference))
        }
        if gradient > Self.gradientTolerance {
            failures.append(Failure(name: name, quantity: "gradient", difference: gradient))
        }
    }

    // MARK: - Losses

    private mutating func check(_ item: LossTable.LossCase) throws {
        let options = item.configuration
        let stepTokens =
            item.itemCount * Double(options.accumulationSteps) / Double(options.stepsPerGeneration)
        var (values, gradients): ([Double], [Double]) = ([], [])
        var metrics: [String: Double] = [:]
        var total = 0.0
        for batch in item.microBatches {
            let result = try LossResult(
                batch, options.configuration, parts: options.accumulationSteps,
                stepTokens: stepTokens)
            total += result.loss
            values.append(difference(result.loss, batch.loss, floor: 1e-3))
            let floor = max(1e-6, 1e-3 * largest(batch.gradient.map(\.magnitude)))
            gradients += zip(result.gradient, batch.gradient).map {
                difference($0, $1, floor: floor)
            }
            for entry in result.metrics {
                guard let wanted = batch.metrics[entry.name] else { continue }
                // Where TRL has no number, there was nothing to take a mean of.
                let off = difference(entry.value, wanted ?? 0, floor: 1e-3)
                metrics[entry.name] = largest([metrics[entry.name] ?? 0, off])
            }
        }
        record(
            options.lossType.rawValue, item.name,
            value: [
                "loss": largest(values), "step's loss": difference(total, item.loss, floor: 1e-3),
            ],
            gradient: largest(gradients), metrics: metrics)
    }

    // MARK: - Advantages

    private mutating func check(_ item: LossTable.RolloutCase) throws {
        let options = item.configuration
        let mask = try item.completionMask()
        var rewards = item.rewards.map { row in
            let known = zip(row, options.rewardWeights).compactMap { value, weight in
                value.map { $0 * weight }
            }
            return known.isEmpty ? Double.nan : known.reduce(0, +)
        }
        if let old = item.oldLogps, let reference = item.refLogps {
            let shape = mask.shape
            let sums = try divergenceSums(
                Tensor.of(old, shape: shape), Tensor.of(reference, shape: shape), mask: mask)
            for index in rewards.indices { rewards[index] -= options.beta * sums[index] }
        }
        let size = options.numGenerations
        let groups = stride(from: 0, to: rewards.count, by: size).map {
            Array(rewards[$0..<$0 + size])
        }
        let found = groupAdvantages(
            rewards: groups, scale: options.trainer == .rloo ? .none : options.rewardScale,
            estimator: options.trainer == .rloo ? .leaveOneOut : .groupMean
        ).flatMap(\.self)
        let marks = try mask.values(Double.self)
        record(
            "advantages", item.name,
            value: [
                "advantages": largest(
                    zip(found, item.advantages).map { difference($0, $1, floor: 1e-3) }),
                "mask": marks == item.mask ? 0 : 1,
                "num_items_in_batch": difference(marks.reduce(0, +), item.itemCount, floor: 1e-3),
            ])
    }
}

/// What this program makes of a micro-batch.
private struct LossResult {
    let loss: Double
    let gradient: [Double]
    let metrics: [StepMetrics.Entry]

    init(
        _ batch: LossTable.MicroBatch, _ configuration: LossConfiguration, parts: Int,
        stepTokens: Double
    ) throws {
        func grid(_ values: [Double]) throws -> Tensor { try .of(values, shape: batch.shape) }
        let current = try grid(batch.logps)
        try current.setRequiresGradient(true)
        let output = try policyLoss(
            LossInputs(
                logProbabilities: current,
                oldLogProbabilities: grid(batch.oldLogps ?? batch.logps),
                referenceLogProbabilities: batch.refLogps.map(grid),
                advantages: .of(batch.advantages), mask: grid(batch.mask), microBatchCount: parts,
                stepTokenCount: stepTokens), configuration)
        try output.loss.backward()
        loss = try output.loss.item()
        gradient = try current.gradient?.values(Double.self) ?? []
        var statistics = UpdateStatistics()
        let entropySum = zip(batch.logps, batch.mask).reduce(0) { $0 - $1.0 * $1.1 }
        statistics.add(output, loss: loss, entropySum: entropySum)
        metrics = statistics.entries(
            lossType: configuration.lossType, usesReference: configuration.beta != 0)
    }
}

extension LossTable.RolloutCase {
    fileprivate func completionMask() throws -> Tensor {
        let completions = zip(completionLengths, truncated).map { length, isTruncated in
            Completion(
                tokenIDs: [Int](repeating: 0, count: length), logProbabilities: [], text: "",
                stopReason: isTruncated ? .length : .endOfSequence)
        }
        return try RLTrainer.completionMask(
            completions, masksTruncated: configuration.masksTruncated)
    }
}

private func difference(_ ours: Double, _ table: Double, floor: Double) -> Double {
    largest([(ours - table).magnitude / max(table.magnitude, floor)])
}

/// The largest of numbers, 0 of none.
///
/// JSON has no NaN: it counts as the largest number that there is.
private func largest(_ values: [Double]) -> Double {
    values.reduce(0) { max($0, $1.isFinite ? $1 : .greatestFiniteMagnitude) }
}
