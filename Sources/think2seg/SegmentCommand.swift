public import ArgumentParser
import Configuration
import Foundation
import Imaging
import Inference
import PromptedMasks
import Segmentation
public import SharedSettings
import Terminals
import Torch
import TrainingRuns

/// Where and how a command's models run.
struct ModelOptions: ParsableArguments {
    @Option(help: "cpu, cuda or cuda:N.")
    var device = "cpu"

    @Option(help: "float32 or bfloat16.")
    var dtype = ModelDType.float32

    @Option(help: "Threads of an operation; 0: as the sizes of the models say.")
    var threads = 0

    func validate() throws { try ModelPlacement.check(device: device, threads: threads) }

    /// Sets the number of threads for models, and gives the device.
    func apply(policy: String? = nil, segmenter: String? = nil) throws -> Device {
        try ModelPlacement.apply(
            device: device, threads: threads, policy: policy, segmenter: segmenter)
    }
}

extension ModelDType: ExpressibleByArgument {
    /// The names of the configuration, and the short ones that people say.
    public init?(argument: String) {
        switch argument {
        case "fp32": self = .float32
        case "bf16": self = .bfloat16
        default: self.init(rawValue: argument)
        }
    }
}

struct SegmentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segment",
        abstract: "Segments what boxes and points show, with SAM2.1.",
        discussion: """
            Example:
              think2seg segment --segmenter sam2.1-hiera-small --image harbour.png \\
                --box 40,30,210,160 --point 120,90 --output mask.png --overlay seen.png

            Coordinates are pixels of the picture. --box, --point and --negative-point can be \
            repeated. Points belong to one object and go with one box at most; several boxes are \
            several objects, whose masks are joined. A number below 0 needs an equals sign: \
            --box=-5,0,50,50.
            """)

    @OptionGroup var masks: SegmenterOption
    private var segmenter: String { masks.segmenter }

    @Option(help: "The picture: PNG, JPEG or TIFF.", transform: PathArgument.picture)
    var image: String

    @OptionGroup var pixels: StretchOptions

    @Option(help: "A box: x1,y1,x2,y2.")
    var box: [Coordinates] = []

    @Option(help: "A place inside the object: x,y.")
    var point: [Coordinates] = []

    @Option(help: "A place outside the object: x,y.")
    var negativePoint: [Coordinates] = []

    @Flag(help: "Choose the best of the alternative masks instead of the single one.")
    var multimask = false

    @Option(help: "Where the mask goes: a PNG of 0 and 255.", transform: PathArgument.png)
    var output: String

    @Option(
        help: "Where the picture with mask and prompts goes: a PNG.", transform: PathArgument.png)
    var overlay: String?

    @Option(
        help: "Where low_res_logits and logits go: a safetensors file.",
        transform: PathArgument.file)
    var logits: String?

    @OptionGroup var result: ResultOption
    private var json: String? { result.json }

    @Option(help: "How the picture is resized: bytes as transformers, floats as the official code.")
    var resize = ResizeChoice.bytes

    @OptionGroup var orientations: ExifOptions

    @OptionGroup var model: ModelOptions

    func validate() throws {
        if box.isEmpty, point.isEmpty, negativePoint.isEmpty {
            throw ValidationError("give at least one --box, --point or --negative-point")
        }
        if box.contains(where: { $0.values.count != 4 }) {
            throw ValidationError("a box is four numbers: --box x1,y1,x2,y2")
        }
        if (point + negativePoint).contains(where: { $0.values.count != 2 }) {
            throw ValidationError("a point is two numbers: --point x,y")
        }
        if box.contains(where: { $0.values[0] >= $0.values[2] || $0.values[1] >= $0.values[3] }) {
            throw ValidationError("a box is its left, upper, right and lower edge, in this order")
        }
        if box.count > 1, !(point + negativePoint).isEmpty {
            throw ValidationError("points belong to one object: give them with one box at most")
        }
    }

    private var prompts: [SegmentationPrompt] {
        let positive = point.map { Point(x: $0.values[0], y: $0.values[1]) }
        let negative = negativePoint.map { Point(x: $0.values[0], y: $0.values[1]) }
        let boxes = box.map {
            Box(x1: $0.values[0], y1: $0.values[1], x2: $0.values[2], y2: $0.values[3])
        }
        if boxes.isEmpty {
            return [SegmentationPrompt(positivePoints: positive, negativePoints: negative)]
        }
        return boxes.map {
            SegmentationPrompt(box: $0, positivePoints: positive, negativePoints: negative)
        }
    }

    func run() throws {
        try requireWritable(
            [.png(output), .png(overlay), .logits(logits), .json(json)],
            inputs: [.file(image), .segmenter(segmenter)])
        var recipe = SegmentRecipe(segmenter: segmenter, image: image, prompts: prompts)
        recipe.exif = orientations.exif
        recipe.multimask = multimask
        recipe.resizing = resize == .bytes ? .bytes : .floats
        recipe.device = try model.apply(segmenter: segmenter)
        recipe.dtype = model.dtype.dtype
        recipe.stretch = pixels.rule
        let result = try recipe.run(.init(mask: output, overlay: overlay, logits: logits))
        result.warnings.forEach(Console.warning)
        if let json {
            try writeJSON(result, to: json)
        } else {
            let mask = result.mask
            print(
                "\(output): \(mask.area) of \(mask.width * mask.height) pixels, predicted IoU "
                    + "\(fixed(Double(result.predictedIoU), 3)), object score "
                    + fixed(Double(result.objectScore), 2))
        }
    }
}

enum ResizeChoice: String, ExpressibleByArgument, CaseIterable {
    case bytes, floats
}

/// Numbers separated by commas.
struct Coordinates: ExpressibleByArgument {
    let values: [Double]

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Double($0.trimmingCharacters(in: .whitespaces)) }
        guard numbers.count == parts.count, numbers.allSatisfy(\.isFinite) else { return nil }
        values = numbers
    }
}

/// Writes a result as JSON to a file, or to standard output for "-".
func writeJSON(_ value: some Encodable, to path: String) throws {
    let data = try jsonDocument(value)
    try writeDocument(data, to: path)
}
