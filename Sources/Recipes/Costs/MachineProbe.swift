package import Torch
import VisionLanguage

/// Measures how fast a device is, in well under two seconds.
package struct MachineProbe {
    /// Where.
    package let device: Device
    /// How many threads an operation may use.
    package let threads: Int

    /// A value from its parts.
    package init(device: Device, threads: Int) {
        self.device = device
        self.threads = threads
    }

    /// Seconds that one measurement goes on for, or as long as its first run takes.
    private static let budget = 0.15
    /// Shapes n, k, m of matrix products: a group's positions through an MLP, and a large square.
    private static let products = [(1024, 512, 1408), (2048, 2048, 2048)]
    /// Bytes that are read and written: more than caches hold.
    private static let bytes = 256 << 20
    /// The largest matrix for products of a few rows: more than caches hold.
    private static let matrixBytes = 64 << 20

    /// Measures.
    ///
    /// - Parameters:
    ///   - shapes: the step whose phases are to be predicted
    ///   - policy: the policy's element type
    ///   - segmenter: the segmenter's
    /// - Returns: the best of several repetitions each
    /// - Throws: `TorchError`
    package func measure(_ shapes: StepShapes, policy: DType, segmenter: DType) throws
        -> MachineSpeed
    {
        let before = TorchRuntime.threadCount
        if threads != before { try TorchRuntime.setThreadCount(threads) }
        defer { if threads != before { try? TorchRuntime.setThreadCount(before) } }
        return try withoutGradients {
            let first = try products(policy)
            return MachineSpeed(
                policyFLOPS: first,
                segmenterFLOPS: segmenter == policy ? first : try products(segmenter),
                decodingFLOPS: try decoding(shapes, policy), memoryBytes: try memory(),
                operation: try 1 / calls())
        }
    }

    /// FLOPs of matrix products in a second.
    package func products(_ dtype: DType) throws -> Double {
        var best = 0.0
        for (n, k, m) in Self.products {
            let work = 2 * Double(n) * Double(k) * Double(m)
            // The large one tells nothing new where it takes long.
            if best > 0, work / best > 2 * Self.budget { continue }
            let x = try Tensor.ones([n, k], dtype: dtype, device: device)
            let weight = try Tensor.ones([m, k], dtype: dtype, device: device)
            best = max(best, try rate(work) { try x.linear(weight) })
        }
        return best
    }

    /// FLOPs of products of the rows that are decoded together in a second.
    private func decoding(_ shapes: StepShapes, _ dtype: DType) throws -> Double {
        let text = TextCost(shapes.policy.text)
        let width = shapes.policy.text.hiddenSize
        let most = Double(Self.matrixBytes / dtype.byteCount)
        let numbers = min(most, text.weights + text.headWeights)
        let together = min(
            shapes.groupsDecodedTogether, shapes.promptsPerStep * shapes.stepsPerGeneration)
        let rows = shapes.groupSize * max(1, together)
        let x = try Tensor.ones([rows, width], dtype: dtype, device: device)
        let weight = try Tensor.ones(
            [max(1, Int(numbers) / width), width], dtype: dtype, device: device)
        let work = 2 * Double(x.count) * Double(weight.size(0))
        guard device == .cpu, TorchRuntime.usesOneDNN else {
            return try rate(work) { try x.linear(weight) }
        }
        let packed = try weight.packed(rows: rows)
        return try rate(work) { try x.packedLinear(packed) }
    }

    /// Bytes in a second.
    private func memory() throws -> Double {
        let x = try Tensor.ones([Self.bytes / 4], device: device)
        return try rate(2 * Double(Self.bytes)) {
            try x.scaleInPlace(by: 1)
            return x
        }
    }

    /// Small operations in a second.
    private func calls() throws -> Double {
        var x = try Tensor.ones([8], device: device)
        return try rate(1) {
            x = try x * 1.0
            return x
        }
    }

    /// Units of work in a second: the best of several runs, each long enough for the clock.
    ///
    /// A run waits for the device once, at its end.
    private func rate(_ work: Double, _ body: () throws -> Tensor) throws -> Double {
        let clock = ContinuousClock()
        func run(_ count: Int) throws -> Double {
            let start = clock.now
            for _ in 1..<count { _ = try body() }
            _ = try body().reshaped(-1).sliced(0, to: 1).to(.float32).floats
            return max(1e-9, seconds(clock.now - start))
        }
        // The first one also loads kernels and finds memory.
        var (count, best, spent) = (1, 0.0, 0.0)
        _ = try run(1)
        while spent < Self.budget {
            let time = try run(count)
            best = max(best, work * Double(count) / time)
            spent += time
            if time < Self.budget / 10 { count *= 2 }
        }
        return best
    }
}

/// A duration in seconds.
private func seconds(_ duration: Duration) -> Double {
    let (seconds, part) = duration.components
    return Double(seconds) + Double(part) * 1e-18
}
