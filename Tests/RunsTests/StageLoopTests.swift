import Runs
import Testing

@Suite struct StageLoopTests {
    /// What a loop of five steps does, as one word for each thing.
    private func walk(
        after done: Int = 0, eval: Int = 2, save: Int = 3, evaluatesLast: Bool,
        stopAfter: Int? = nil
    ) throws -> [String] {
        var (words, count) = ([String](), done)
        try StageLoop(total: 5, evalSteps: eval, saveSteps: save, evaluatesLast: evaluatesLast).run(
            after: done, shouldStop: { count == stopAfter },
            step: {
                count += 1
                words.append("step\(count)")
            }, evaluate: { words.append("evaluate") }, save: { words.append("save") })
        return words
    }

    @Test("The last step is saved, and evaluated where the stage asks for it") func lastStep()
        throws
    {
        let before = ["step1", "step2", "evaluate", "step3", "save", "step4", "evaluate", "step5"]
        #expect(try walk(evaluatesLast: true) == before + ["evaluate", "save"])
        #expect(try walk(evaluatesLast: false) == before + ["save"])
        #expect(
            try walk(eval: 5, save: 0, evaluatesLast: false)
                == ["step1", "step2", "step3", "step4", "step5", "save"])
    }

    @Test("A stage that is told to stop saves, as after its last step") func stopping() throws {
        #expect(
            try walk(evaluatesLast: true, stopAfter: 2) == ["step1", "step2", "evaluate", "save"])
        #expect(try walk(evaluatesLast: false, stopAfter: 2) == ["step1", "step2", "save"])
    }

    @Test("A stage goes on after the steps that it has, and takes none where it has all")
    func resuming() throws {
        #expect(try walk(after: 4, evaluatesLast: false) == ["step5", "save"])
        #expect(try walk(after: 5, evaluatesLast: true).isEmpty)
        #expect(try walk(after: 6, evaluatesLast: true).isEmpty)
    }
}
