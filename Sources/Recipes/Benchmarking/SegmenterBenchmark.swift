import Costs
import Imaging
import NN
import PromptedMasks
import Segmentation
import Segmenters
import Threads
public import Torch

/// How fast a segmenter encodes pictures and answers prompts, beside the machine's products of matrices:
/// the `benchmark segmenter` command.
public struct SegmenterBenchmark {
    /// The folder of a SAM2.1 checkpoint, or an official `.pt` file.
    public var segmenter: String
    /// The side of the picture and of the masks.
    public var imageSize = 840
    /// P: how many prompts are answered at once.
    public var prompts = 32
    /// The element type.
    public var dtype = DType.float32
    /// Where the segmenter runs.
    public var device = Device.cpu
    /// Threads of an operation; 0: as the sizes of its products say.
    public var threads = 0
    /// Runs of each phase.
    public var repeats = 5

    /// The benchmark of a segmenter.
    public init(segmenter: String) {
        self.segmenter = segmenter
    }

    /// Segments, and reports: `encode` of one picture, `decode` of P prompts, `upsample` of their masks,
    /// and `masks`, both of these together as a reward asks for them.
    ///
    /// - Returns: the report
    /// - Throws: the errors of the segmenter's files, `TorchError`
    public func run() throws -> BenchmarkReport {
        try ThreadPlan(Workload(segmenter: segmenter, device: device), threads: threads).apply()
        let sam = try SegmenterRegistry.standard.load(path: segmenter, dtype: dtype, device: device)
        var report = BenchmarkReport("segmenter", threads: TorchRuntime.threadCount)
        try withoutGradients { try measure(sam, &report) }
        report.add(
            "gemm_peak_gflops",
            try MachineProbe(device: device, threads: TorchRuntime.threadCount)
                .products(dtype) / 1e9)
        report.add("prompts", prompts)
        report.add("image_size", imageSize)
        report.add("dtype", dtype == .bfloat16 ? "bfloat16" : "float32")
        report.add("repeat", repeats)
        return report
    }

    private func measure(_ sam: any FrozenSegmenter, _ report: inout BenchmarkReport) throws {
        let picture = try BenchmarkScenes.picture(side: imageSize, index: 0)
        let frame = ImageFrame.square(imageSize)
        let asked = self.asked(picture)
        let points = try PromptPoints(
            asked, in: frame, imageSize: sam.sizes.imageSize, device: device)
        let upsampling = MaskUpsampling(output: frame)
        var (encode, decode, upsample, masks) = (
            BenchmarkPhase(), BenchmarkPhase(), BenchmarkPhase(), BenchmarkPhase()
        )
        for turn in 0...repeats {
            // The first turn only warms up.
            if turn == 1 {
                (encode, decode, upsample, masks) = (
                    BenchmarkPhase(), BenchmarkPhase(), BenchmarkPhase(), BenchmarkPhase()
                )
            }
            let features = try encode.measure {
                let features = try sam.features(picture.image)
                try settle(features.embedding)
                return features
            }
            let logits = try decode.measure {
                let selected = try sam.decode(features, points: points)
                    .best(sam.sizes.maskDecoder)
                try settle(selected.logits)
                return try selected.logits.selected(1, 0)
            }
            _ = try upsample.measure { try upsampling.masks(logits) }
            let image = try sam.embed(picture.image)
            _ = try masks.measure { try image.masks(for: asked, in: frame, output: frame) }
        }
        report.add("encode", encode)
        report.add("decode", decode)
        report.add("upsample", upsample)
        report.add("masks", masks)
        report.add("masks_per_s", masks.median.map { Double(prompts) / $0 })
    }

    /// P prompts of a box and two points, as the method's answers have, no two alike.
    private func asked(_ picture: BenchmarkScenes.Picture) -> [SegmentationPrompt] {
        let side = Double(imageSize)
        return (0..<prompts).map { index in
            let shift = Double(index % 16) / 32 * side
            let size = side / 8 + Double(index / 16) * 3
            let box = Box(x1: shift, y1: side / 4, x2: shift + size, y2: side / 4 + size)
            return SegmentationPrompt(
                box: box,
                positivePoints: [
                    Point(x: shift + size / 3, y: side / 4 + size / 3),
                    Point(x: shift + size / 2, y: side / 4 + size / 2),
                ])
        }
    }
}

/// Waits until a tensor is computed, which a device does later than it was asked.
private func settle(_ tensor: Tensor) throws {
    if tensor.device == .cpu { return }
    _ = try tensor.reshaped(-1).sliced(0, to: 1).floats
}
