import ArgumentParser
import Files
import Foundation
import Terminals
import Testing

@testable import think2seg

/// What is said of values that an option refuses, and of words that nothing takes.
@Suite struct RefusedWordTests {
    /// What a command line is refused with.
    private func said(_ words: [String]) -> String {
        CommandCall(words).said
    }

    @Test(
        "A refused value is answered with what to write, or with what the option takes",
        arguments: [
            ("segment --box", "1 1 20 20", "write --box 1,1,20,20"),
            ("segment --box", "[1,1,20,20]", "write --box 1,1,20,20"),
            ("segment --point", "3 3", "write --point 3,3"),
            ("segment --point", "(3,3)", "write --point 3,3"),
            ("segment --negative-point", "3;3", "write --negative-point 3,3"),
            ("segment --box", "-1,1,10,20", "write --box=-1,1,10,20"),
            ("segment --box", "-1 1 10 20", "write --box=-1,1,10,20"),
            ("segment --negative-point", "-3,3", "write --negative-point=-3,3"),
            ("segment --stretch", "-5,3", "write --stretch=-5,3"),
            ("segment --box", "1,1,a,20", "four numbers, x1,y1,x2,y2; a is no number"),
            ("segment --point", "nan", "two numbers, x,y; nan is no number"),
            ("segment --point", "3 3 b", "b is no number"),
            ("segment --point", "3,", "one of them is missing"),
            ("predict --temperature", "-1", "--temperature takes no number below 0"),
            ("predict --temperature", "0,5", "write --temperature=0.5"),
            ("predict --threads", "-2", "--threads takes no number below 0"),
            ("predict --image-size", "224x224", "write --image-size=224"),
            ("predict --image-size", "224x448", "takes one whole number"),
            ("predict --seed", "1,2", "--seed takes one whole number from 0"),
            ("predict --seed=-1", "", "--seed takes a whole number from 0"),
            ("predict --top-p", "1 2", "--top-p takes one number"),
            ("watch r --every", "two", "write --every=2"),
            ("watch r --every", "often", "--every takes a number"),
            ("data synthesize --output o --count", "1e3", "write --count=1000"),
            ("data synthesize --output o --count", "1.5", "--count takes a whole number"),
            ("rollouts r --step", "step-2", "write --step=2"),
            ("rollouts r --step", "1 2", "--step takes one whole number"),
        ])
    func values(line: String, value: String, words: String) {
        let text = said(
            line.split(separator: " ").map(String.init) + [value].filter { !$0.isEmpty })
        let hint = text.split(separator: "\n").dropFirst().first.map(String.init) ?? ""
        #expect(hint.hasSuffix(words), "\(text)")
    }

    @Test(
        "A word that nothing takes is answered with the option that does",
        arguments: [
            ("train x.yaml training.max_steps=3", "write --set training.max_steps=3"),
            ("config check x.yaml --set policy.path x", "write --set policy.path=x"),
            ("train x.yaml --set a = b", "write --set a=b"),
            ("evaluate r d/val.h5", "write --data d/val.h5"),
            ("sft x.yaml --resume auto", "--resume takes no value: leave auto away"),
            ("predict r --image i --question Where is it", "--question 'Where is it'"),
            (
                "segment --segmenter s --image i --output m.png --box 1 1 20 20",
                "write --box 1,1,20,20"
            ),
            ("evaluate r --seed 1 2", "--seed takes one number: leave 2 away"),
        ])
    func stray(line: String, words: String) {
        let text = said(line.split(separator: " ").map(String.init))
        #expect(text.contains("\n" + words) || text.contains(": " + words), "\(text)")
    }

    @Test(
        "An option is likened to what is near, and to nothing that is far",
        arguments: [
            ("segment --boxes 1,1,2,2", "Did you mean '--box'?"),
            ("evaluate r --greedy", nil), ("ablate p --set a=b", nil),
            ("segment --segmenter-path x", "Did you mean '--segmenter'?"),
            ("train x --output o", "write --set output_dir=o"),
            ("train x --max-step 3", "write --set training.max_steps=3"),
        ])
    func options(line: String, words: String?) {
        let text = said(line.split(separator: " ").map(String.init))
        #expect(text.contains("Unknown option") && words.map(text.contains) ?? true, "\(text)")
        if words == nil { #expect(!text.contains("Did you mean"), "\(text)") }
    }

    @Test(
        "What the hub has is told as what it is for, and what it has not is not sent there",
        arguments: [
            ("hf://datasets/o/x", "shard", "o/x --repo-type dataset --local-dir datasets/x`, and"),
            ("org/data", "shard", "--repo-type dataset"),
            ("org/data", "chat template", "give the file in models/data"),
            ("Qwen/pic", "picture", "if you mean Qwen/pic"),
            ("Qwen/Qwen2.5-VL-3B-Instruct@main", "folder of a policy", "Instruct --revision main"),
            ("s3://b/x", "folder of a policy", "remote paths are not read"),
            ("org/run", "run with checkpoints", nil), ("org/e", "evaluation", nil),
        ])
    func hub(path: String, what: String, words: String?) {
        let advice = hubAdvice("\(path): no such \(what)", [])
        #expect(words.map { advice?.contains($0) == true } ?? (advice == nil), "\(advice ?? "")")
    }
}
