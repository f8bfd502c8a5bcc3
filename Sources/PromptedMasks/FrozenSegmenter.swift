public import Imaging
public import NN
public import Segmentation
public import Torch

/// A loaded segmenter whose weights do not change: what runs, evaluations and benchmarks know of it,
/// whatever its family.
///
/// ``features(_:)`` and ``decode(_:points:)`` are the model; what is made of prompts and masks around them
/// is the same for all families.
public protocol FrozenSegmenter: Segmenter {
    /// The model's sizes.
    var sizes: any SegmenterSizes { get }
    /// How pictures become the model's input.
    var processor: PromptedImageProcessor { get }
    /// The element type that is computed in.
    var dtype: DType { get }
    /// Where the model computes.
    var device: Device { get }
    /// All that a checkpoint holds, by the hub's keys.
    var parameters: [Parameter] { get }
    /// What should be known of the files that it was read from, one sentence each; mostly nothing.
    var warnings: [String] { get }
    /// How many prompts go through the decoder together; bounds the memory, changes no mask.
    var promptsPerCall: Int { get }

    /// What the image encoder makes of an image; the other half of ``embed(_:)`` is
    /// ``image(frame:features:)``.
    ///
    /// - Parameter image: of any size
    /// - Returns: the features of one picture, on the model's device, without gradients
    /// - Throws: `TorchError`
    func features(_ image: RGBImage) throws -> ImageFeatures

    /// Answers prompts that have the same number of points.
    ///
    /// - Parameters:
    ///   - features: what ``features(_:)`` gave, on the model's device
    ///   - points: the prompts, in pixels of the model's square
    /// - Returns: all masks of all prompts
    /// - Throws: `TorchError`
    func decode(_ features: ImageFeatures, points: PromptPoints) throws -> MaskDecoderOutput
}

extension FrozenSegmenter {
    /// Encodes an image; all prompts about it go to the result.
    public func encode(_ image: RGBImage) throws -> any SegmenterImage { try embed(image) }

    /// ``encode(_:)`` with a result that can do more.
    public func embed(_ image: RGBImage) throws -> PromptedImage {
        self.image(frame: image.frame, features: try features(image))
    }

    /// An image whose features are known.
    ///
    /// - Parameters:
    ///   - frame: the frame of the image
    ///   - features: what ``features(_:)`` gave for it, on the model's device
    /// - Returns: the image, to be prompted
    public func image(frame: ImageFrame, features: ImageFeatures) -> PromptedImage {
        PromptedImage(segmenter: self, frame: frame, features: features)
    }

    /// Shapes and element type of a picture's features.
    public var featureLayout: FeatureLayout { FeatureLayout(sizes, dtype: dtype) }
}
