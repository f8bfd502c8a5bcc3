import Foundation
import SwiftProtobuf

/// A picture that TensorBoard shows.
public struct LoggedPicture: Sendable, Hashable {
    /// Columns.
    public var width: Int
    /// Rows.
    public var height: Int
    /// A PNG or JPEG file.
    public var file: [UInt8]

    /// A picture from its parts.
    public init(width: Int, height: Int, file: [UInt8]) {
        self.width = width
        self.height = height
        self.file = file
    }
}

/// Something that TensorBoard shows under a name.
///
/// A name is of one kind in all events of a run.
public struct LoggedValue: Sendable, Hashable {
    /// What is shown.
    public enum Content: Sendable, Hashable {
        /// A number; TensorBoard keeps 32 bits of it, whatever a file holds.
        case scalar(Float)
        /// A picture.
        case picture(LoggedPicture)
        /// Markdown.
        case text(String)
        /// Which charts are shown together, as ``ScalarLayout/serialized`` has it; its name is
        /// ``ScalarLayout/tag``.
        case layout([UInt8])
    }

    /// The name; what stands before the first slash is the group that it is shown in.
    public var tag: String
    /// What is shown.
    public var content: Content

    /// A value with its name.
    public init(_ tag: String, _ content: Content) {
        self.tag = tag
        self.content = content
    }
}

/// A record of an event file.
public struct LoggedEvent: Sendable, Hashable {
    /// What a record holds.
    public enum Content: Sendable, Hashable {
        /// The first record of a file: what format it is.
        case version(String)
        /// A session begins with this step: what TensorBoard knows of it and of later ones is void.
        case start
        /// Values of the step.
        case values([LoggedValue])
    }

    /// The step; 0 for a version.
    public var step: Int
    /// Seconds since 1970.
    public var time: Double
    /// What it holds.
    public var content: Content

    /// The format's name for this version of it.
    public static let version = "brain.Event:2"

    /// An event from its parts.
    public init(step: Int, time: Double, _ content: Content) {
        self.step = step
        self.time = time
        self.content = content
    }
}

// MARK: - Protocol buffers

extension LoggedEvent {
    /// The event as the content of a record.
    ///
    /// - Throws: the serializer's error, for more than 2 GiB
    public func serialized() throws -> [UInt8] {
        var event = ProtoEvent()
        event.wallTime = time
        event.step = Int64(step)
        switch content {
        case .version(let text): event.fileVersion = text
        case .start: event.sessionLog.status = .start
        case .values(let values): event.summary.value = values.map(\.message)
        }
        return try event.serializedBytes()
    }

    /// The event that the content of a record holds; nil if it holds none, or one of a kind that a run
    /// does not write.
    public init?(serialized bytes: [UInt8]) {
        guard let event = try? ProtoEvent(serializedBytes: bytes) else { return nil }
        let content: Content
        switch event.what {
        case .fileVersion(let text): content = .version(text)
        case .sessionLog(let log) where log.status == .start: content = .start
        case .summary(let summary): content = .values(summary.value.compactMap(LoggedValue.init))
        default: return nil
        }
        self.init(step: Int(event.step), time: event.wallTime, content)
    }
}

extension LoggedValue {
    /// The name of TensorBoard's part that shows Markdown.
    private static let textPlugin = "text"
    /// The name of the part that shows charts as a layout says.
    private static let layoutPlugin = "custom_scalars"

    fileprivate var message: ProtoSummary.Value {
        var value = ProtoSummary.Value()
        value.tag = tag
        switch content {
        case .scalar(let number): value.simpleValue = number
        case .picture(let picture):
            value.image.width = Int32(picture.width)
            value.image.height = Int32(picture.height)
            value.image.colorspace = 3
            value.image.encodedImageString = Data(picture.file)
        case .text(let text): value.set(Data(text.utf8), of: Self.textPlugin)
        case .layout(let bytes): value.set(Data(bytes), of: Self.layoutPlugin)
        }
        return value
    }

    fileprivate init?(_ value: ProtoSummary.Value) {
        switch value.value {
        case .simpleValue(let number): self.init(value.tag, .scalar(number))
        case .image(let image):
            let picture = LoggedPicture(
                width: Int(image.width), height: Int(image.height),
                file: Array(image.encodedImageString))
            self.init(value.tag, .picture(picture))
        case .tensor(let tensor) where value.metadata.pluginData.pluginName == Self.textPlugin:
            self.init(value.tag, .text(String(decoding: tensor.stringVal.joined(), as: UTF8.self)))
        case .tensor(let tensor) where value.metadata.pluginData.pluginName == Self.layoutPlugin:
            self.init(value.tag, .layout(Array(tensor.stringVal.joined())))
        default: return nil
        }
    }
}

extension ProtoSummary.Value {
    /// Takes bytes for one of TensorBoard's parts.
    fileprivate mutating func set(_ bytes: Data, of plugin: String) {
        metadata.pluginData.pluginName = plugin
        tensor.dtype = .string
        tensor.tensorShape = ProtoTensor.Shape()
        tensor.stringVal = [bytes]
    }
}
