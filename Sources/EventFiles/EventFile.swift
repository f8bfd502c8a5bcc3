import Foundation
import Imaging
import SwiftProtobuf
import SystemErrors

/// The bytes of TensorBoard's event files, and their names.
public enum EventFile {
    private static let prefix = "events.out.tfevents."

    /// Whether a file of this name is an event file.
    public static func isName(_ name: String) -> Bool { name.hasPrefix(prefix) }

    /// The name of a session's file: of files in one folder, TensorBoard reads the one whose name comes
    /// first in alphabetic order to its end, then the next.
    ///
    /// - Parameters:
    ///   - names: the names in the folder
    ///   - time: seconds since 1970
    /// - Returns: a name that comes after all event files among `names`, whatever the clock says
    public static func name(after names: [String], time: Double) -> String {
        let last = names.filter(isName).compactMap {
            Int($0.dropFirst(prefix.count).prefix { $0 != "." })
        }.max()
        let seconds = max(Int(time), (last ?? -1) + 1)
        let digits = String(seconds)
        return prefix + String(repeating: "0", count: max(0, 10 - digits.count)) + digits
            + ".think2seg"
    }

    /// The events in the bytes of a file, as far as a run writes such; what a killed process left half
    /// written does not count.
    public static func events(in bytes: [UInt8]) -> [LoggedEvent] {
        TFRecord.payloads(in: bytes).compactMap { LoggedEvent(serialized: Array(bytes[$0])) }
    }

    /// The bytes of a file without what comes after a step.
    ///
    /// Records up to the step stay as they are. A record that is cut short or damaged, or holds no
    /// event, goes with all that follow it.
    ///
    /// - Parameters:
    ///   - bytes: the file
    ///   - step: the last step that stays
    /// - Returns: the new file; empty if nothing of a step is left
    public static func cut(_ bytes: [UInt8], upTo step: Int) -> [UInt8] {
        var kept: [UInt8] = []
        var holdsStep = false
        for payload in TFRecord.payloads(in: bytes) {
            guard let event = try? ProtoEvent(serializedBytes: Array(bytes[payload])) else { break }
            if event.step > step { continue }
            kept += bytes[TFRecord.record(of: payload)]
            if case .summary = event.what { holdsStep = true }
        }
        return holdsStep ? kept : []
    }
}

/// An event file cannot be written.
public struct EventFileError: Error, Sendable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What went wrong.
    public let message: String

    /// Path and message.
    public var description: String { "\(path): \(message)" }
}

/// Writes an event file, each event at once: what was written is there when the process is killed.
public final class EventFileWriter {
    /// The file.
    public let path: String
    private let file: FileHandle

    /// Makes the file, with the record of its version.
    ///
    /// - Parameters:
    ///   - path: the file, in a folder that is there
    ///   - time: seconds since 1970
    /// - Throws: ``EventFileError``
    public init(path: String, time: Double) throws(EventFileError) {
        self.path = path
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw EventFileError(
                path: path, message: "cannot make the file: \(String(cString: strerror(errno)))")
        }
        file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try append(LoggedEvent(step: 0, time: time, .version(LoggedEvent.version)))
    }

    /// Adds an event.
    ///
    /// - Throws: ``EventFileError``; a part of the event may be in the file then
    public func append(_ event: LoggedEvent) throws(EventFileError) {
        do {
            try file.write(contentsOf: Data(TFRecord.framed(event.serialized())))
        } catch {
            throw EventFileError(path: path, message: "cannot write: \(systemReason(error))")
        }
    }
}
