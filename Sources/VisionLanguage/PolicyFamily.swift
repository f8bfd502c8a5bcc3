public import ChatTemplates
package import Foundation
public import Imaging
package import NN
package import Torch

/// A family of policies with the sizes of one checkpoint: everything that policies of one `model_type`
/// have of their own.
///
/// The rest of the program asks a family and names none.
package protocol PolicyFamily: Sendable {
    /// The values of `model_type` in `config.json` that are this family's.
    static var modelTypes: [String] { get }
    /// What people call it: `Qwen2.5-VL`.
    static var name: String { get }
    /// The side, in pixels, of what becomes one token in the released models: their processors make sides
    /// multiples of it.
    static var pictureBlock: Int { get }
    /// How its policies are spoken to.
    static var chat: ChatConvention { get }

    /// Reads a `config.json`.
    ///
    /// - Parameters:
    ///   - data: its contents
    ///   - path: what errors call it
    /// - Throws: ``PolicyConfigurationError`` with the file and the key
    init(configuration data: Data, path: String) throws

    /// What the program needs to know whatever the family; asked once per model.
    var options: PolicyOptions { get }

    /// The contents of a `config.json` for a model that was not read from a folder.
    func configurationFile() throws -> Data

    /// A fresh translation between the keys of files and the model's own.
    func keyMap() -> any CheckpointKeyMap

    /// Builds the vision tower, and what stands between it and the language model.
    ///
    /// - Parameters:
    ///   - root: the top of the tree of keys
    ///   - device: where the parameters live
    /// - Returns: the tower
    /// - Throws: an error that names a key which is missing or has another shape
    func encoder(_ root: ParameterScope, device: Device) throws -> any VisionEncoder

    /// Builds the mixer of a layer that recurs.
    ///
    /// - Parameters:
    ///   - scope: the layer's place in the tree of keys
    ///   - layer: its number, from 0
    /// - Returns: the mixer
    /// - Throws: an error that names a key which is missing or has another shape
    func recurrentMixer(_ scope: ParameterScope, layer: Int) throws -> any TokenMixer

    /// Reads how pictures are prepared, by the files of a folder.
    ///
    /// - Parameter directory: the folder
    /// - Returns: what does it, and what should be known of the files
    /// - Throws: ``PolicyConfigurationError`` with the file and the key
    func processor(directory: String) throws -> FoundProcessor

    /// The file by which a tower of this size is given pictures as the released models' are.
    func releasedProcessorFile() throws -> CompanionFile

    /// What prepares pictures as ``releasedProcessorFile()`` says.
    func releasedProcessor() throws -> any PictureProcessor
}

extension PolicyFamily {
    /// No layer of most families recurs.
    package func recurrentMixer(_ scope: ParameterScope, layer: Int) throws -> any TokenMixer {
        preconditionFailure("\(Self.name) has options with recurrent layers and makes none")
    }
}

/// How policies of a family are spoken to.
public struct ChatConvention: Sendable {
    /// What `prompt.chat_template: builtin` means: Qwen2.5-VL's format, or a template of the family's.
    public var format: ChatFormat
    /// The token that ends a turn, and so an answer to learn; one of those that end a drawn answer too.
    public var turnEnd: String
    /// How chat templates of its checkpoints write that a picture stands somewhere.
    public var picture: PictureMark

    /// A convention from its parts.
    public init(format: ChatFormat, turnEnd: String, picture: PictureMark) {
        self.format = format
        self.turnEnd = turnEnd
        self.picture = picture
    }
}

/// Turns pictures into what a vision tower takes; any thread may ask.
public protocol PictureProcessor: Sendable {
    /// The size that a picture is resized to.
    ///
    /// - Parameter frame: the picture's size
    /// - Returns: the frame that the policy sees
    /// - Throws: ``PolicyInputError`` if such a picture is not taken
    func resizedFrame(_ frame: ImageFrame) throws -> ImageFrame

    /// Resizes a picture, normalises it and cuts it into patches.
    ///
    /// - Parameter image: the picture in its own frame
    /// - Returns: the patches on the CPU, and the frame that the picture was resized to
    /// - Throws: ``PolicyInputError`` if such a picture is not taken
    func process(_ image: RGBImage) throws -> ProcessedImage
}

/// What prepares pictures by the files of a folder.
package struct FoundProcessor: Sendable {
    /// It itself.
    package let processor: any PictureProcessor
    /// What should be known of the files, a sentence for people; mostly nil.
    package let warning: String?
    /// The files beside a model's weights such that all programs prepare pictures alike; mostly as they
    /// were.
    package let reconciled: @Sendable ([CompanionFile]) -> [CompanionFile]

    /// A processor with what should be known of its files.
    package init(
        processor: any PictureProcessor, warning: String? = nil,
        reconciled: @escaping @Sendable ([CompanionFile]) -> [CompanionFile] = { $0 }
    ) {
        self.processor = processor
        self.warning = warning
        self.reconciled = reconciled
    }
}

/// Translates between the keys of checkpoints, which have the names that modules had in the memory of the
/// program that wrote them, and the model's own.
package protocol CheckpointKeyMap {
    /// The model's own key of a tensor in a file; a key that is none of the model's stays.
    mutating func canonical(_ key: String) -> String
    /// The key under which a parameter is written: after reading, that of the files that were read.
    func written(_ key: String) -> String
    /// Whether a tensor in a file, by the model's own key, is passed over and not written again.
    func isPassedOver(_ key: String) -> Bool
    /// Fails if the keys are those of another program.
    func requireOwn(_ path: String) throws
    /// What should be known of the keys of a folder, a sentence for people; mostly nil.
    func warning(_ path: String) -> String?
    /// The name that the place or key of a module or parameter has in transformers' memory.
    func memory(_ key: String) -> String
    /// Modules that have no parameters, by their names in transformers' memory.
    ///
    /// - Parameter keys: the keys of all parameters, by their names in memory
    /// - Returns: the names
    func emptyModules(_ keys: [String]) -> [String]
}

extension CheckpointKeyMap {
    /// The model's own key.
    package func written(_ key: String) -> String { key }
    /// Every tensor has its place.
    package func isPassedOver(_ key: String) -> Bool { false }
    /// Every program's keys are read.
    package func requireOwn(_ path: String) throws {}
    /// Nothing.
    package func warning(_ path: String) -> String? { nil }
    /// As it is.
    package func memory(_ key: String) -> String { key }
    /// None that is known.
    package func emptyModules(_ keys: [String]) -> [String] { [] }
}
