import Testing

/// What the pages are held with must notice what is wrong with them.
@Suite struct HarnessTests {
    private func faults(_ text: String) throws -> [String] {
        try Pages.faults(Page(path: "page.md", text: text)).map(\.description)
    }

    @Test(
        "A block without a language, with an unknown mark or without a reason is a fault",
        arguments: [
            ("", "no language"), ("bash", "not one of"), ("sh skip", "no reason"),
            ("sh skip=\"no\"", "no reason"), ("sh skp=\"needs a GPU\"", "skp is no mark"),
            ("yaml", "a block of yaml has"), ("python", "a block of python has"),
            ("sh skip=\"needs a GPU", "quotation mark"), ("sh status=x", "x is no number"),
            ("sh times", "are for output"), ("text output output", "twice"),
        ])
    func marks(information: String, words: String) throws {
        let faults = try faults("one\n```\(information)\ntrue\n```\n")
        #expect(faults.count == 1)
        #expect(faults.first?.hasPrefix("page.md:2: ") == true)
        #expect(faults.first?.contains(words) == true, "\(faults)")
    }

    @Test("A command that fails is a fault, with its line and its words")
    func failing() throws {
        let text = "```sh\necho here\nls nothing-here\necho there\n```\n"
        let faults = try faults(text)
        #expect(faults.count == 1)
        #expect(faults.first?.hasPrefix("page.md:1: ended with status 2, not 0") == true)
        #expect(faults.first?.contains("nothing-here") == true)
        #expect(faults.first?.contains("there\n") == false)
    }

    @Test("Output that differs in a figure is a fault, and what the page leaves out is none")
    func output() throws {
        func said(_ mark: String, _ page: String, _ printed: String) throws -> [String] {
            try faults("```sh\nprintf '%s\\n' \(printed)\n```\n\n```\(mark)\n\(page)\n```\n")
        }
        #expect(try said("text output", "IoU 0.374", "'IoU 0.374'").isEmpty)
        #expect(try said("text output", "IoU 0.374", "'IoU 0.375'").count == 1)
        #expect(try said("text output within=0.001", "IoU 0.374", "'IoU 0.375'").isEmpty)
        #expect(try said("text output within=0.001", "IoU 0.374", "'IoU 0.376'").count == 1)
        #expect(try said("text output within=0.001", "9 of 10", "'8 of 10'").count == 1)
        #expect(try said("text output times", "0.3 s for 4", "'17.25 s for 4'").isEmpty)
        #expect(try said("text output times", "0.3 s for 4", "'0.3 s for 5'").count == 1)
        #expect(try said("text output", "a …\n…\nz", "'a b c' 1 2 z").isEmpty)
        #expect(try said("text output", "a …\n…\nz", "'a b c' 1 2").count == 1)
        #expect(try said("text output", "a", "a b").count == 1)
        #expect(try said("text output", "a\nb", "a").count == 1)
        #expect(try said("text errors", "a", "a").count == 1)
    }

    @Test("A skipped command is held to its name, its options, and what it names of the checkout")
    func skipped() throws {
        func skipped(_ line: String) throws -> [String] {
            try faults("```sh skip=\"needs a GPU\"\n\(line)\n```\n")
        }
        #expect(try skipped("think2seg train Configs/train.yaml --set a=1 | tee x").isEmpty)
        #expect(try skipped("think2seg train --help").isEmpty)
        #expect(try skipped("for n in 1; do think2seg trian x.yaml; done").count == 1)
        #expect(try skipped("think2seg train x.yaml --sett a=1").count == 1)
        #expect(try skipped("scripts/no-such-script").count == 1)
        #expect(try skipped("think2seg train Configs/none.yaml").count == 1)
        #expect(try skipped("make nonsense").count == 1)
        #expect(try skipped("make build").isEmpty)
    }

    @Test("A part of a configuration is held to the keys, laid over the example")
    func configuration() throws {
        func part(_ yaml: String) throws -> [String] {
            try faults("```yaml config=train\n\(yaml)\n```\n")
        }
        #expect(try part("grpo: {beta: 0.5}").isEmpty)
        #expect(try part("grpo: {betta: 0.5}").first?.contains("betta") == true)
    }

    @Test("Files are saved under the names that the page gives, and hidden commands run")
    func files() throws {
        let text = """
            <!-- sh
            echo prepared > a.txt
            -->
            * in a list
              ```text file=b.txt
              saved
              ```
            ```sh
            cat a.txt b.txt
            ```
            ```text output
            prepared
            saved
            ```
            """
        #expect(try faults(text).isEmpty)
    }

    @Test("A block by indentation is a fault, and one of a list is none")
    func indented() throws {
        #expect(try faults("one\n\n    make build\n").count == 1)
        #expect(try faults("* one\n\n    two\n").isEmpty)
        #expect(try faults("one\n    two\n").isEmpty)
    }

    @Test("A command within a sentence is held to its name and options")
    func spans() throws {
        #expect(try faults("`think2seg config show` and `think2seg train`").isEmpty)
        #expect(try faults("`think2seg config shw`").count == 1)
        #expect(try faults("Run `think2seg train FILE --dry-run`.").isEmpty)
        #expect(
            try faults("one\nRun `think2seg train FILE --dry`.").first?.hasPrefix("page.md:2: ")
                == true)
    }

    @Test("A block that is not closed is a fault")
    func open() throws {
        #expect(try faults("```sh\ntrue\n") == ["page.md:1: the block is not closed"])
    }
}
