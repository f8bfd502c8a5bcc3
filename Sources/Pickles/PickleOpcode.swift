// Reference: Python, Lib/pickletools.py

/// Why a pickle is not one that ``PickleMachine`` reads.
public struct PickleFault: Error, CustomStringConvertible {
    /// What is wrong.
    public let problem: String

    /// A fault in the words for people.
    public init(_ problem: String) { self.problem = problem }

    /// What is wrong.
    public var description: String { problem }
}

/// The instructions of a pickle that are carried out.
///
/// All that make objects of classes, look up extensions or use memory outside the pickle are
/// missing.
enum PickleOpcode: UInt8 {
    case proto = 0x80
    case frame = 0x95
    case stop = 0x2E  // .

    case none = 0x4E  // N
    case newTrue = 0x88
    case newFalse = 0x89
    case binInt = 0x4A  // J
    case binInt1 = 0x4B  // K
    case binInt2 = 0x4D  // M
    case long1 = 0x8A
    case long4 = 0x8B
    case binFloat = 0x47  // G
    case int = 0x49  // I
    case long = 0x4C  // L
    case float = 0x46  // F
    case string = 0x53  // S
    case binString = 0x54  // T
    case shortBinString = 0x55  // U
    case unicode = 0x56  // V
    case binUnicode = 0x58  // X
    case shortBinUnicode = 0x8C
    case binUnicode8 = 0x8D
    case binBytes = 0x42  // B
    case shortBinBytes = 0x43  // C
    case binBytes8 = 0x8E
    case byteArray8 = 0x96

    case mark = 0x28  // (
    case pop = 0x30  // 0
    case popMark = 0x31  // 1
    case duplicate = 0x32  // 2
    case emptyList = 0x5D  // ]
    case append = 0x61  // a
    case appends = 0x65  // e
    case emptyTuple = 0x29  // )
    case list = 0x6C  // l
    case dict = 0x64  // d
    case tuple = 0x74  // t
    case tuple1 = 0x85
    case tuple2 = 0x86
    case tuple3 = 0x87
    case emptyDict = 0x7D  // }
    case setItem = 0x73  // s
    case setItems = 0x75  // u
    case emptySet = 0x8F
    case addItems = 0x90
    case frozenSet = 0x91

    case put = 0x70  // p
    case get = 0x67  // g
    case binPut = 0x71  // q
    case longBinPut = 0x72  // r
    case memoize = 0x94
    case binGet = 0x68  // h
    case longBinGet = 0x6A  // j

    case global = 0x63  // c
    case stackGlobal = 0x93
    case reduce = 0x52  // R
    case build = 0x62  // b
    case binPersistentID = 0x51  // Q

    /// The name of an instruction that is known and not carried out.
    static func refusedName(_ code: UInt8) -> String {
        let names: [UInt8: String] = [
            0x69: "INST", 0x6F: "OBJ", 0x81: "NEWOBJ", 0x92: "NEWOBJ_EX", 0x82: "EXT1",
            0x83: "EXT2", 0x84: "EXT4", 0x50: "PERSID", 0x97: "NEXT_BUFFER",
            0x98: "READONLY_BUFFER",
        ]
        let hexadecimal = String(code, radix: 16, uppercase: true)
        let number = "0x" + (hexadecimal.count == 1 ? "0" : "") + hexadecimal
        return names[code].map { "\($0) (\(number))" } ?? number
    }
}
