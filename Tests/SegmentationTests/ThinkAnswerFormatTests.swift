import Testing

@testable import Segmentation

@Suite struct ThinkAnswerFormatTests {
    @Test(
        "thoughts and then an answer match, with any white space between and any tags inside",
        arguments: [
            "<think></think><answer></answer>",
            "<think>a\nb</think>\n \u{A0}\u{3000}<answer>[]</answer>",
            "<think>a</think> b</think><answer>c</answer>",
            "<think>a</think><answer></answer></answer>",
            "<think>a</think><answer>b</answer><think>c</think><answer>d</answer>",
            "<think></think></think></think><answer>é</answer>",
            "<think></answer></think><answer></answer>",
        ])
    func matches(completion: String) {
        #expect(ThinkAnswerFormat.matches(completion))
    }

    @Test(
        "anything before, behind or between the tags does not match, nor does a missing tag",
        arguments: [
            "", "<think></think>", "<answer></answer>", " <think></think><answer></answer>",
            "<think></think><answer></answer>\n", "<think></think>x<answer></answer>",
            "<think></think>\u{200B}<answer></answer>", "<think></think><answer>",
            "<think><answer></answer>", "<think></answer></think><answer>",
            "<think</think><answer></answer>", "<THINK></THINK><answer></answer>",
            "<think></think><answer</answer>",
        ])
    func differs(completion: String) {
        #expect(!ThinkAnswerFormat.matches(completion))
    }
}
