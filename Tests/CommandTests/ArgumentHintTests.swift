import Terminals
import Testing

@testable import think2seg

@Suite struct ArgumentHintTests {
    @Test(
        "A value that begins with a minus of print is to be written behind an equals sign",
        arguments: [
            (["segment", "--point", "−1,2"], "write --point=-1,2"),
            (["segment", "--box", "–1,2,3,4"], "write --box=-1,2,3,4"),
            (["data", "synthesize", "--no-target", "−0.1"], "write --no-target=-0.1"),
            (["segment", "--point=−1,2"], "write --point=-1,2"),
            (["segment", "—point", "1,2"], "write --point"), (["segment", "−.5"], "write -.5"),
        ])
    func minus(arguments: [String], advice: String) {
        let hint = lookAlikeHint("'\(arguments.last ?? "")' is invalid", arguments)
        #expect(hint?.hasSuffix("; \(advice)") == true, "\(hint ?? "nothing")")
    }

    @Test("A value with a look-alike is corrected to one that the option takes, or not at all")
    func choices() {
        func message(_ value: String) -> String {
            "The value '\(value)' is invalid for '--dtype <dtype>'. Please provide one of 'float32' and "
                + "'bfloat16'."
        }
        for (value, end) in [
            ("float１6", "ONE"), ("float３2", "THREE; write float32"),
            ("--dtype=float１6", "ONE"), ("--dtype=float３2", "THREE; write --dtype=float32"),
        ] {
            let hint = lookAlikeHint(message(value), [value])
            #expect(hint?.hasSuffix(end) == true, "\(hint ?? "nothing")")
        }
    }

    @Test(
        "A number with a comma or in quotes is shown as it is to be written",
        arguments: [("4,0", "4"), ("\"4\"", "4"), ("0,5", "0.5"), ("1e-6f", "1e-06")])
    func numbers(written: String, number: String) {
        let values = OptionValues(
            CommandInputs(
                options: ["rate"], flags: [], repeated: [], arguments: [], kinds: ["rate": .number],
                depth: 1))
        let hint = values.hint("The value '\(written)' is invalid for '--rate <rate>'", [])
        #expect(hint == "write --rate=\(number)")
        #expect(
            values.hint("The value 'x' is invalid for '--rate'", []) == "--rate takes a number")
    }
}
