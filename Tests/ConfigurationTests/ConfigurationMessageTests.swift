import FilesTestSupport
import Foundation
import Policies
import Testing

@testable import Configuration
@testable import Settings

@Suite struct ConfigurationMessageTests {
    /// What is wrong with a text, at the first place: `line:column`, key and message.
    private func first(_ text: String) -> (place: String, key: String, message: String) {
        var configuration = RunConfiguration()
        var reader = ConfigurationReader(keys: RunConfiguration.keys)
        reader.read(text, file: "c.yaml", into: &configuration)
        guard let problem = reader.problems.first else { return ("", "", "nothing") }
        return (String(problem.location.dropFirst("c.yaml:".count)), problem.key, problem.message)
    }

    @Test(
        "A number that is not written as one is shown with its reason and as it is to be written",
        arguments: [
            ("\"1e-6\"", "\"1e-6\" in quotes, which make it a text; write 1e-6"),
            ("'1e-6'", "\"1e-6\" in quotes, which make it a text; write 1e-6"),
            ("1e\u{2011}6", "\"1e\u{2011}6\": \u{2011} is U+2011 NON-BREAKING HYPHEN; write 1e-6"),
            ("1e\u{2212}6", "\"1e\u{2212}6\": \u{2212} is U+2212 MINUS SIGN; write 1e-6"),
            ("1e\u{2013}6", "\"1e\u{2013}6\": \u{2013} is U+2013 EN DASH; write 1e-6"),
            ("1e-6\u{A0}", "\"1e-6\u{A0}\": there is U+00A0 NO-BREAK SPACE in it; write 1e-6"),
            (
                "1\u{200B}e-6",
                "\"1\u{200B}e-6\": there is U+200B ZERO WIDTH SPACE in it; write 1e-6"
            ),
            (
                "1\u{435}-6",
                "\"1\u{435}-6\": \u{435} is U+0435 CYRILLIC SMALL LETTER IE; write 1e-6"
            ),
            ("１ｅ－６", "\"１ｅ－６\": １ is U+FF11 FULLWIDTH DIGIT ONE; write 1e-6"),
            ("٠.٥", "\"٠.٥\": ٠ is U+0660 ARABIC-INDIC DIGIT ZERO; write 0.5"),
            ("1×10⁻⁶", "\"1×10⁻⁶\": × is U+00D7 MULTIPLICATION SIGN; write 1e-6"),
            ("10^-6", "\"10^-6\": write 1e-6"), ("1e-6f", "\"1e-6f\": write 1e-6"),
            ("1e-6;", "\"1e-6;\": write 1e-6"), ("lO", "\"lO\""), ("l.O", "\"l.O\""),
            ("O.5", "\"O.5\": write 0.5"), ("7%", "\"7%\": write 0.07"),
            ("0.5%", "\"0.5%\": write 0.005"),
            ("4#x", "\"4#x\" in which # begins no comment without a space before it; write 4"),
            ("4]", "\"4]\": write 4"), ("1d-6", "\"1d-6\": write 1e-6"),
            ("1/1000", "\"1/1000\", a fraction, which is not worked out; write 0.001"),
            ("inf", "\"inf\", which is no finite number"),
            (".NaN", "\".NaN\", which is no finite number"),
            ("1e400", "\"1e400\", which is larger than any number here"),
            ("fast", "\"fast\""), ("[1]", "a list"), ("{a: 1}", "a table"), ("", "nothing"),
            (
                "\"1e\u{2011}6\"",
                "\"1e\u{2011}6\" in quotes, which make it a text, in which \u{2011} is U+2011 "
                    + "NON-BREAKING HYPHEN; write 1e-6"
            ),
        ])
    func numbers(written: String, found: String) {
        let problem = first("training:\n  learning_rate: \(written)\n")
        #expect(problem.message == "expected a number, found \(found)")
        #expect(problem.key == "training.learning_rate" && problem.place == "2:3")
    }

    @Test(
        "So are integers, truths, choices and what is null, in every kind of key",
        arguments: [
            ("seed: 1e3", "expected an integer, found \"1e3\": write 1000"),
            ("seed: 3.0", "expected an integer, found \"3.0\": write 3"),
            ("seed: 1.5", "expected an integer, found \"1.5\""),
            ("seed: 1,000,000", "expected an integer, found \"1,000,000\": write 1000000"),
            (
                "seed: '7'",
                "expected an integer, found \"7\" in quotes, which make it a text; write 7"
            ),
            (
                "training: {max_steps: None}",
                "expected an integer, or null, found \"None\": write null"
            ),
            ("strict: \"true\"", "found \"true\" in quotes, which make it a text; write true"),
            ("strict: yes", "expected true or false, found \"yes\": write true"),
            ("strict: OFF", "expected true or false, found \"OFF\": write false"),
            (
                "strict: tru\u{435}",
                "found \"tru\u{435}\": \u{435} is U+0435 CYRILLIC SMALL LETTER IE; write true"
            ),
            ("training: {lr_scheduler_type: Linear}", "found \"Linear\": write linear"),
            ("training: {lr_scheduler_type: liner}", "found \"liner\": write linear"),
            (
                "training: {lr_scheduler_type: constant\u{2010}with_warmup}",
                "\u{2010} is U+2010 HYPHEN; write constant_with_warmup"
            ),
            (
                "device: \u{441}uda",
                "must be cpu, cuda or cuda:N: \u{441} is U+0441 CYRILLIC SMALL LETTER ES"
            ),
            ("rewards: {mask_iou: \"2\"}", "found \"2\" in quotes, which make it a text; write 2"),
            ("rewards: {mask_iou: {weight: 1,5}}", "expected a number"),
            ("data: {train: [a.h5, [b.h5]]}", "entry 2: expected a path, found a list"),
            (
                "output_dir: “runs/a b”",
                "is “runs/a b”: “ is U+201C LEFT DOUBLE QUOTATION MARK, which would be a part of the "
                    + "text; write runs/a b"
            ),
            (
                "output_dir: runs/x\"",
                "is runs/x\", which ends with a quotation mark: \" is U+0022 QUOTATION MARK; write runs/x, "
                    + "or 'runs/x\"' if it is a part of the name"
            ),
            (
                "output_dir: “runs/x",
                "“ is U+201C LEFT DOUBLE QUOTATION MARK; write runs/x, or '“runs/x' if it is"
            ),
            ("data: {train: [a.h5, b.h5’]}", "’ is U+2019 RIGHT SINGLE QUOTATION MARK; write b.h5"),
            ("output_dir: ～/x", "～ is U+FF5E FULLWIDTH TILDE; write ~ for the home folder, or ./～"),
            ("output_dir: ＄HOME/x", "＄ is U+FF04 FULLWIDTH DOLLAR SIGN; write $ for a variable"),
            ("data: {train: [a.h5, ‘b.h5’]}", "is ‘b.h5’: ‘ is U+2018 LEFT SINGLE QUOTATION MARK"),
            (
                "learning‑rate: 1",
                "unknown key: ‑ is U+2011 NON-BREAKING HYPHEN; did you mean training.learning_rate?"
            ),
            (
                "training: {l\u{435}arning_rate: 1}",
                "unknown key: \u{435} is U+0435 CYRILLIC SMALL LETTER IE; did you mean"
            ),
            ("training: {learning-rate: 1}", "unknown key; did you mean training.learning_rate?"),
            (
                "training: {learning_rate: 0,5}",
                "unknown key; if it is a part of a number, write the number with a point"
            ),
        ])
    func kinds(text: String, message: String) {
        #expect(first(text).message.contains(message), "\(first(text).message)")
    }

    @Test("Numbers without a point, with underscores and quoted choices stay what they were")
    func goodNumbers() throws {
        for (text, value) in [("1e-6", 1e-6), ("1E-6", 1e-6), ("+.5", 0.5), ("1_0", 10)] {
            var configuration = RunConfiguration()
            var reader = ConfigurationReader(keys: RunConfiguration.keys)
            reader.read(
                "training: {adam_epsilon: 1, learning_rate: \(text)}", file: "c",
                into: &configuration)
            if value <= 1 {
                #expect(reader.problems.isEmpty && configuration.training.learningRate == value)
            }
        }
        #expect(first("training: {lr_scheduler_type: \"cosine\"}").message == "nothing")
        #expect(first("prompt: {system: \"“So,” he said: ‘go’\"}").message == "nothing")
    }

    @Test(
        "A key without its colon is said where it stands, below the section that it is alone in",
        arguments: [
            (
                "training:\n  max_steps:1\nlogging:\n  save_steps: 1\n", "2:3",
                "a space is missing after the : of max_steps:1"
            ),
            (
                "training:\n  max_steps 1\n", "2:3",
                "a line is key: value, but max_steps 1 has no ': '"
            ),
            ("training:\n  max_steps = 1\n", "2:3", "write ': ' after a key, and not =: max_steps"),
            ("grpo:\n  beta:\u{A0}0\n", "2:3", "there is U+00A0 NO-BREAK SPACE in it"),
            ("grpo:\n  beta： 0\n", "2:3", "： is U+FF1A FULLWIDTH COLON"),
            ("rewards:\n  mask_iou:2\n", "2:3", "a space is missing after the : of mask_iou:2"),
            (
                "rewards:\n  mask_iou:\n    weight:2\n", "3:5",
                "a space is missing after the : of weight:2"
            ),
            ("training: 1\n", "1:1", "is a section: its keys stand below it, indented"),
        ])
    func missingColons(text: String, place: String, message: String) {
        let problem = first(text)
        #expect(problem.place == place)
        #expect(problem.message.contains(message), "\(problem.message)")
    }

    @Test("A key that is written nested and with dots stands twice, and both lines are said")
    func dottedTwice() {
        let problem = first("training: {max_steps: 1}\ntraining.max_steps: 2\n")
        #expect(problem.place == "2:1" && problem.key == "training.max_steps")
        #expect(problem.message == "stands at line 1 already; keep one")
    }

    @Test(
        "Rewards, their parameters and overrides say which of their characters is not what it seems",
        arguments: [
            (
                "rewards: {mask_i\u{43E}u: 2}",
                "\u{43E} is U+043E CYRILLIC SMALL LETTER O; did you mean mask_iou?"
            ),
            (
                "rewards: {mask_iou: {w\u{435}ight: 2}}",
                "it has weight, min, max; \u{435} is U+0435 CYRILLIC SMALL LETTER IE"
            ),
            (
                "rewards: {a: {term: mask_i\u{43E}u}}",
                "\u{43E} is U+043E CYRILLIC SMALL LETTER O; did you mean mask_iou?"
            ),
        ])
    func rewardNames(text: String, message: String) {
        #expect(first(text).message.contains(message), "\(first(text).message)")
    }

    @Test("An override whose equals sign is another character names it")
    func overrideSigns() {
        var configuration = RunConfiguration()
        var reader = ConfigurationReader(keys: RunConfiguration.keys)
        reader.override("training.max_steps＝1", into: &configuration)
        let message = reader.problems.first?.message
        #expect(message == "expected key=value: ＝ is U+FF1D FULLWIDTH EQUALS SIGN")
    }

    @Test(
        "What is not YAML is said at the line that is to be changed",
        arguments: [
            (
                "data: {train: [a.h5, b.h5\nseed: 1\n", "1:15",
                "the [ that begins here is not closed: ] is missing"
            ),
            (
                "data:\n  train: [a.h5\n\nseed: 1\nthreads: 1\n", "2:10",
                "the [ that begins here is not closed"
            ),
            (
                "data:\n  train: [a.h5\n  validation: [b.h5]\n", "2:10",
                "the [ that begins here is not closed"
            ),
            (
                "data: {\n  train: [a.h5,\n  validation: x\n}\n", "2:10",
                "the [ that begins here is not closed"
            ),
            (
                "training: {max_steps: 1\nseed: 1\n", "1:11",
                "the { that begins here is not closed: } is missing"
            ),
            (
                "data: {train: [a.h5}\nseed: 1\n", "1:20",
                "} stands where ] is expected, for the [ at column 15"
            ),
            ("data: {train: [a.h5]}}\nseed: 1\n", "1:22", "} closes nothing"),
            ("training: {max_steps: 1 seed: 2}\n", "1:29", "is a comma missing?"),
            (
                "output_dir: \"a\nseed: 3\nthreads: 1\n", "1:13",
                "the text that begins here with \" has no closing quote"
            ),
            (
                "output_dir: 'a\nseed: 3\n", "1:13",
                "the text that begins here with ' has no closing quote"
            ),
            (
                "output_dir: \"a\nseed: 3\nprompt: {system: \"x\"}\n", "1:13",
                "ends at line 3 only: is its closing quote missing?"
            ),
            ("prompt:\n  system: 'don't'\n", "2:16", "something follows the value"),
            ("training:\n\tmax_steps: 1\n", "2:1", "the line is indented with a tab"),
            ("training:\n  max_steps: 1\n\tseed: 1\n", "3:1", "the line is indented with a tab"),
            (
                "training:\n  max_steps 1\n  learning_rate: 1e-6\n", "2:3",
                "there is no ': ' after a key"
            ),
            ("training\n  max_steps: 1\n", "1:1", "there is no ': ' after a key"),
            ("threads: 1\ntraining\n  max_steps: 1\n", "2:1", "there is no ': ' after a key"),
            ("seed:3\nthreads: 1\n", "1:1", "a space is missing after the :"),
            ("threads: 1\r\nseed:3\r\n", "2:1", "a space is missing after the :"),
            ("training:\n  max_steps:1\n  seed: 1\n", "2:3", "a space is missing after the :"),
            ("seed = 3\nthreads: 1\n", "1:1", "write ': ' after a key, and not ="),
            ("seed：3\nthreads: 1\n", "1:1", "： is U+FF1A FULLWIDTH COLON"),
            (
                "training:\n  max_steps: 1\n   seed: 1\n", "3:4",
                "line 2 is indented by 2 spaces and line 3 by 3"
            ),
            (
                "training:\n    max_steps: 1\n  seed: 1\n", "3:3",
                "line 2 is indented by 4 spaces and line 3 by 2"
            ),
            (
                "grpo:\n  beta: 1\ntraining:\n max_steps: 1\n  seed: 1\ndata:\n  train: a\n", "4:2",
                "line 4 is indented by 1 space and line 5 by 2"
            ),
            (" seed: 1\nthreads: 2\n", "1:2", "the line is indented, and the ones below are not"),
            ("b: &b [x]\nc: &c !!seq [?*b]\n", "2:14", "a key is a text"),
            ("b: &b [x]\nc: {a: 1,\n  *b}\n", "3:3", "a key is a text"),
            ("b: &b [x]\n*b : 1\n", "2:4", "a key is a text"),
            ("b: &b [x]\n[*b]: 1\n", "2:5", "a key is a text"),
            ("data:\n  train:\n  -a.h5\n  -b.h5\n", "3:3", "a space is missing after the -"),
            ("data:\n  train:\n    - a.h5\n    b.h5\n", "4:5", "is no entry of the list above"),
            (
                "prompt:\n  system: a\n    b\n    c: d\n", "4:5",
                "a key stands within the text of the lines above"
            ),
            ("output_dir: a: b\n", "1:14", "a second ': ' in the line"),
            ("output_dir: @a\n", "1:13", "a value cannot begin with @; put it in quotes"),
            ("%a: 1\n", "1:1", "a line cannot begin with %; put it in quotes"),
            ("output_dir: |a\n", "1:13", "behind | a text follows in the lines below"),
            ("data:\n  train: *files\n", "2:10", "a value that begins with * is an alias"),
            ("policy:\n  freeze: [visual.*, *.bias]\n", "2:22", "put it in quotes if it is a text"),
            ("seed: 1\n---\nseed: 2\n", "2:1", "a second document begins here"),
            ("seed: 1\nthreads: 1\u{7}\n", "2:11", "there is U+0007 in it; remove it"),
            ("seed: 1\n\u{FEFF}threads: 1\n", "2:", "U+FEFF"),
            (
                "output_dir: \"C:\\runs\\x\"\n", "1:",
                "in double quotes begins an escape: use single quotes"
            ),
            ("- seed: 1\n", "1:1", "but a list: write its keys without -"),
            ("seed:3\n", "1:1", "but a text: a space is missing after the :"),
            ("just a text\n", "1:1", "but a text: a line is key: value"),
            ("training:\n  - max_steps: 1\n", "2:3", "without - before them"),
            ("training: max_steps:1\n", "1:1", "a space is missing after the : of max_steps:1"),
            ("seed: 3\nthreads: 1\nseed: 4\n", "3:1", "stands at line 1 already; keep one"),
            (
                "prompt:\n  system: |\n    \"x [y\nseed:3\nthreads: 1\n", "4:1",
                "a space is missing after the :"
            ),
            (
                "data: # [\n  train: [a.h5 # ]\nseed: 1\n", "2:10",
                "the [ that begins here is not closed"
            ),
        ])
    func places(text: String, place: String, message: String) {
        let problem = first(text)
        #expect(problem.place.hasPrefix(place), "\(problem)")
        #expect(problem.message.contains(message), "\(problem)")
    }

    @Test(
        "UTF-16 and byte order marks are no part of a configuration; other bytes are an error with a line"
    )
    func encodings() throws {
        try withFolder { folder in
            let file = folder + "/c.yaml"
            for encoding in [String.Encoding.utf8, .utf16LittleEndian, .utf16BigEndian] {
                let data = try #require("\u{FEFF}prompt: {system: é}\n".data(using: encoding))
                try data.write(to: URL(fileURLWithPath: file))
                var configuration = RunConfiguration()
                var reader = ConfigurationReader(keys: RunConfiguration.keys)
                reader.read(
                    try configurationText(file, what: "file"), file: file, into: &configuration)
                #expect(configuration.prompt.system == "é", "\(encoding)")
            }
            try (Data("seed: 1\n# caf".utf8) + Data([0xE9, 0x0A])).write(
                to: URL(fileURLWithPath: file))
            let error = #expect(throws: ConfigurationError.self) {
                try RunConfiguration.load(file: file)
            }
            #expect(
                error?.description
                    == "\(file):2: not UTF-8 at byte 13 (line 2): 0xE9; save the file as UTF-8")
        }
    }
}
