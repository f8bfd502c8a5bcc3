import Foundation
import TestSupport
import Testing

@testable import Pickles

@Suite struct PickleFileTests {
    /// Whether a value of a pickle is the same as one that JSON gives.
    private func matches(_ value: PickleFile.Value, _ json: Any) -> Bool {
        if json is NSNull { return value.isNone }
        if let dictionary = json as? [String: Any] {
            guard let fields = value.fields, fields.count == dictionary.count else { return false }
            return dictionary.allSatisfy { key, item in
                fields[key].map { matches($0, item) } ?? false
            }
        }
        if let list = json as? [Any] {
            guard let elements = value.elements, elements.count == list.count else { return false }
            return zip(elements, list).allSatisfy { matches($0, $1) }
        }
        if let text = json as? String { return value.text == text }
        guard let number = json as? NSNumber else { return false }
        if let truth = value.truth { return truth == number.boolValue }
        if let integer = value.integer { return integer == number.intValue }
        return value.real == number.doubleValue
    }

    private func problem(_ bytes: [UInt8]) -> String? {
        do throws(PickleFault) {
            _ = try PickleFile(bytes)
            return nil
        } catch { return error.problem }
    }

    @Test(
        "what pickle.dump writes of lists and dictionaries is read in every protocol",
        arguments: (0...5).map { "protocol\($0)" } + (0...2).map { "python2-\($0)" })
    func protocols(name: String) throws {
        let json = try JSONSerialization.jsonObject(
            with: Fixtures.data("importing/pickles/values.json"))
        let file = try PickleFile([UInt8](Fixtures.data("importing/pickles/\(name).p")))
        #expect(matches(file.root, json))
        #expect(!matches(file.root, [json]))
    }

    @Test("a name that is not a container's is refused by name, called or not")
    func names() {
        for (module, name) in [
            ("os", "system"), ("builtins", "eval"), ("torch._utils", "_rebuild_tensor_v2"),
            ("numpy.core.multiarray", "scalar"), ("copyreg", "_reconstructor"),
        ] {
            let global = Pickle.global(module, name)
            let expected = "\(module).\(name) is not a plain value or a container"
            #expect(problem(Pickle.whole(global))?.contains(expected) == true)
            #expect(
                problem(Pickle.whole(global + Pickle.tuple([Pickle.text("x")]) + [0x52]))?
                    .contains(expected) == true)
            // Protocol 0 has no beginning.
            #expect(problem(global + [0x2E])?.contains(expected) == true)
        }
        #expect(problem(Array("P12\n.".utf8))?.contains("PERSID (0x50)") == true)
        #expect(problem(Pickle.whole([0x4E, 0x51]))?.contains("outside") == true)
    }

    @Test("Python's own containers are read by their names")
    func containers() throws {
        let ordered = Pickle.global("collections", "OrderedDict") + [0x29, 0x52]
        let filled = ordered + [0x28] + Pickle.text("a") + Pickle.integer(3) + [0x75]
        #expect(try PickleFile(Pickle.whole(filled)).root.fields?["a"]?.integer == 3)
        let set = Pickle.global("__builtin__", "set") + [0x5D] + Pickle.integer(4) + [0x61, 0x85]
        #expect(try PickleFile(Pickle.whole(set + [0x52])).root.elements?.first?.integer == 4)
        #expect(
            problem(Pickle.whole(ordered + [0x5D, 0x62]))?.contains("the state a list") == true)
        #expect(
            problem(Pickle.whole(Pickle.global("builtins", "set") + [0x29, 0x52]))
                == "builtins.set is called with (), at byte 17 of the pickle")
    }

    @Test(
        "lines of protocol 0 that no pickle has are refused with what is wrong",
        arguments: [
            ("I1x\n.", "no integer"), ("L99999999999999999999L\n.", "no integer"),
            ("Fx\n.", "no number"),
            ("S'a\n.", "between quotes"), ("S'\\q'\n.", "unknown escape"), ("S'\\\n.", "quotes"),
            ("S'\\x4'\n.", "cut short"), ("S'\\xzz'\n.", "not hexadecimal"),
            ("S'\\xff'\n.", "not UTF-8"), ("V\\u12\n.", "cut short"),
            ("V\\ud800\n.", "not Unicode"),
            ("V\\UFFFFFFFF\n.", "Unicode lacks"), ("Vabc", "cut short"), ("N", "cut short"),
            ("Np-1\n.", "no place"), ("g5\n.", "remembered under 5"), ("l.", "mark is missing"),
            ("(Nd.", "has no value"), ("", "cut short"), ("NN.", "left over"),
        ])
    func lines(text: String, part: String) {
        let problem = problem(Array(text.utf8))
        #expect(problem?.contains(part) == true, "\(problem ?? "none")")
        #expect(problem?.contains("of the pickle") == true)
    }

    @Test("texts of protocol 0 are Latin-1 with escapes, and pairs of surrogates are one character")
    func texts() throws {
        for (line, text) in [
            ("V\\ud83d\\ude00\\u00e9", "😀é"), ("Va\\\\u0041\\n", "a\\\\u0041\\n"),
            ("V\\u005cx", "\\x"), ("S'caf\\xc3\\xa9\\n\\t\\\\\\''", "café\n\t\\'"),
            ("S\"it's\"", "it's"),
        ] {
            #expect(try PickleFile(Array("\(line)\n.".utf8)).root.text == text, "\(line)")
        }
        #expect(try PickleFile([0x56, 0xE9, 0x0A, 0x2E]).root.text == "é")
    }

    @Test("a list that holds itself is read once")
    func cycle() throws {
        let root = try PickleFile(Pickle.whole([0x5D, 0x71, 0, 0x68, 0, 0x61])).root
        #expect(root.elements?.first?.elements?.count == 1)
    }
}
