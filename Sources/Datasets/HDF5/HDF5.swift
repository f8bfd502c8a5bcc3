package import CHDF5
import Foundation

/// What the HDF5 library said when a call failed, or why it did not get to see a file.
public struct HDF5Error: Error, Hashable, Sendable, CustomStringConvertible {
    /// What the file is.
    public enum Cause: Hashable, Sendable {
        /// The library failed; why is in its words.
        case library
        /// Bytes of the file are not as any writer writes them.
        case damaged
        /// The file ends before it should.
        case cutOff
        /// The file may be whole; it is of a form that is not read.
        case form
        /// A number of an array is none of those that its reader expects.
        case value
    }

    /// The file.
    public let path: String
    /// The data set, group or attribute in the file; empty for the file itself.
    public let object: String
    /// The function of the library that failed, or the byte of the file at which it shows.
    public let function: String
    /// The library's own words, or what is wrong and what to do.
    public let message: String
    /// What the file is.
    public var cause = Cause.library

    /// Why the system refused something, where that is the cause; the library writes it among numbers.
    public var systemReason: String? {
        message.firstMatch(of: /error message = '([^']+)'/).map { String($0.1) }
    }

    /// All of it in one line.
    public var description: String {
        "\(path)\(object.isEmpty ? "" : ": " + object): \(message) (\(function))"
    }
}

/// The way into the HDF5 library.
///
/// The serial build of the library is not thread-safe: not even two threads that read two
/// different files may be inside of it at once. Every call goes through ``withLock(_:)``, which
/// holds one lock for the process; the lock may be taken again by the thread that has it.
enum HDF5 {
    private static let lock = NSRecursiveLock()

    // The library does not clean up at exit, where a thread may still be reading. Whoever writes
    // a file closes it.
    private static let isReady = H5dont_atexit() >= 0 && H5open() >= 0

    /// Runs `body` while no other thread is in the library.
    static func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        precondition(isReady, "the HDF5 library does not start")
        // Errors are returned, not printed. Some builds keep this setting per thread.
        H5Eset_auto2(chdf5_error_stack(), nil, nil)
        return try body()
    }

    /// What a call returned, unless that says that the call failed; the lock is held.
    static func check<Status: SignedInteger>(
        _ status: Status, _ function: String, path: String, object: String = ""
    ) throws -> Status {
        guard status < 0 else { return status }
        throw HDF5Error(path: path, object: object, function: function, message: lastMessage())
    }

    /// The innermost entry of the library's error stack: the cause, where the outer ones only say
    /// which calls it went through.
    private static func lastMessage() -> String {
        var message = ""
        withUnsafeMutablePointer(to: &message) { target in
            let status = H5Ewalk2(
                chdf5_error_stack(), H5E_WALK_UPWARD,
                { depth, entry, target in
                    guard depth == 0, let text = entry?.pointee.desc else { return 0 }
                    target?.assumingMemoryBound(to: String.self).pointee = String(cString: text)
                    return 0
                }, target)
            if status < 0 { target.pointee = "" }
        }
        return message.isEmpty ? "the library gives no reason" : message
    }
}

/// An open object of the library: closed when the last reference goes.
///
/// A file stays open until the last of its arrays is closed as well.
final class HDF5Object: Sendable {
    let id: hid_t

    /// Takes over the identifier `id`.
    init(_ id: hid_t) {
        self.id = id
    }

    deinit {
        // An error here has no one to tell: writers flush, and check that, before they let go.
        _ = HDF5.withLock { H5Idec_ref(id) }
    }
}

/// A number that a data set can hold.
package protocol HDF5Element: BitwiseCopyable, Sendable {
    /// 0: what the places of an array hold before they are written.
    static var zero: Self { get }
    /// The type in the file; the lock is held.
    static var storedType: hid_t { get }
    /// The type in memory; the lock is held.
    static var nativeType: hid_t { get }
    /// Whether the numbers in a file are these, with the lowest byte first.
    static func isStored(as type: Datatype) -> Bool
    /// The same number; nil if there is none.
    init?(exactly number: Int64)
}

extension HDF5Element where Self: FixedWidthInteger {
    package static func isStored(as type: Datatype) -> Bool {
        type.size == MemoryLayout<Self>.size
            && type.kind == .integer(isSigned: isSigned, isBigEndian: false)
    }
}

extension UInt8: HDF5Element {
    package static var storedType: hid_t { chdf5_std_u8le() }
    package static var nativeType: hid_t { chdf5_native_uint8() }
}

extension UInt32: HDF5Element {
    package static var storedType: hid_t { chdf5_std_u32le() }
    package static var nativeType: hid_t { chdf5_native_uint32() }
}

extension Int32: HDF5Element {
    package static var storedType: hid_t { chdf5_std_i32le() }
    package static var nativeType: hid_t { chdf5_native_int32() }
}

extension Int64: HDF5Element {
    package static var storedType: hid_t { chdf5_std_i64le() }
    package static var nativeType: hid_t { chdf5_native_int64() }
}

extension Double: HDF5Element {
    package static var storedType: hid_t { chdf5_ieee_f64le() }
    package static var nativeType: hid_t { chdf5_native_double() }

    package static func isStored(as type: Datatype) -> Bool {
        type.size == 8 && type.kind == .float(isBigEndian: false)
    }
}
