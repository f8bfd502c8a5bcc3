import Configuration
import Foundation
import Policies
import Segmentation

extension ModelCard {
    /// How the policy is asked: as its record says, or else as it was configured, or else in the method's
    /// way.
    static func asking(_ record: PolicyRecord?, _ facts: TrainingFacts) -> AskingSettings {
        (record?.settings ?? AskingSettings()).completed(by: facts.asking)
            .completed(by: .standard)
    }

    /// The prompt of such settings.
    static func template(_ asked: AskingSettings) -> PromptTemplate {
        let prompt = asked.prompt
        return PromptTemplate(
            PromptVariant.named(prompt.variant) ?? .box2Points, system: prompt.system)
    }

    private var asked: AskingSettings { Self.asking(record, facts) }
    private var side: String { asked.imageSize?.yaml ?? "" }
    private var longest: String { asked.maxCompletionLength?.yaml ?? "" }

    /// How to ask the policy, with this project's command and with transformers.
    var usage: [String] {
        let template = Self.template(asked)
        var lines = [
            "## How to ask it", "",
            "Pictures are stretched to \(side) x \(side) pixels before the policy sees them, and the "
                + "coordinates of answers are pixels of that square.", "",
        ]
        lines += Markdown.block(command(template), "sh") + [""]
        lines += [segmenterWords, ""]
        if adapter != nil {
            lines += ["The folder holds an adapter; BASE stands for the folder of its base.", ""]
        }
        lines += Markdown.block(python(template), "python") + [""]
        if template.system.isEmpty {
            return lines + [
                "It was trained without a system turn; the chat template's own system prompt, if it has "
                    + "one, stands there."
            ]
        }
        if !saysSystem {
            return lines + [
                "The system prompt is that of training, which the chat template does not say."
            ]
        }
        lines += [
            "The chat template in this folder says the system prompt of training where a conversation has "
                + "none:", "",
        ]
        return lines + Markdown.block(template.system)
    }

    /// What the command asks with, beyond what the folder's record says by itself.
    private func command(_ template: PromptTemplate) -> String {
        let known = record?.settings ?? AskingSettings()
        var options: [String] = []
        if known.imageSize == nil { options.append("--image-size \(side)") }
        if known.maxCompletionLength == nil { options.append("--max-new-tokens \(longest)") }
        if known.variant == nil { options.append("--variant \(template.variant.name)") }
        if known.system == nil, template.system != PromptTemplate.methodSystem {
            options.append("--system-prompt \(Self.quoted(template.system))")
        }
        if known.chatTemplate == nil, asked.chatTemplate != .builtin {
            options.append("--chat-template checkpoint")
        }
        let lines = [
            "think2seg predict --policy . \(adapter == nil ? "" : "--base BASE ")--segmenter "
                + (segmenter.hubName ?? "SEGMENTER"),
            "  --image picture.png --question \"Where could fuel be stored?\" --greedy",
        ]
        return (lines + options.map { "  " + $0 } + ["  --output answer"])
            .joined(separator: " \\\n")
    }

    /// The segmenter of the reward; what a command is to be given instead where it has no name.
    private var segmenter: (hubName: String?, name: String?) {
        guard let path = facts.text("segmenter.path"), !path.isEmpty else { return (nil, nil) }
        let origin = ModelOrigin(path: path)
        return (origin.hubName, Markdown.plain(origin.name))
    }

    /// What stands for the segmenter in the command.
    private var segmenterWords: String {
        if let name = segmenter.hubName {
            return
                "`\(name)` is the folder that `hf download \(name) --local-dir \(name)` makes: the "
                + "segmenter of the reward."
        }
        let which = segmenter.name.map { ": that of the reward, \($0), or another SAM2.1" }
        return "SEGMENTER stands for the folder or file of a segmenter"
            + (which ?? ", such as a SAM2.1 of the hub") + "."
    }

    /// A text as a shell's word.
    private static func quoted(_ text: String) -> String {
        "'\(text.replacing("'", with: "'\\''"))'"
    }

    /// The system's turn, where the chat template does not say it.
    private func turn(_ system: String) -> String {
        if saysSystem || system.isEmpty { return "" }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        // Strings of JSON are strings of Python.
        let text = (try? encoder.encode(system)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return #"{"role": "system", "content": [{"type": "text", "text": \#(text)}]}, "#
    }

    private func python(_ template: PromptTemplate) -> String {
        let isWhole = adapter == nil
        let library = isWhole ? "" : "\nfrom peft import PeftModel"
        let model =
            isWhole
            ? #"AutoModelForImageTextToText.from_pretrained(".")"#
            : #"PeftModel.from_pretrained(AutoModelForImageTextToText.from_pretrained("BASE"), ".")"#
        return #"""
            from PIL import Image\#(library)
            from transformers import AutoModelForImageTextToText, AutoProcessor

            processor = AutoProcessor.from_pretrained(".")
            model = \#(model)
            picture = Image.open("picture.png").convert("RGB").resize((\#(side), \#(side)), Image.LANCZOS)
            words = """\#(template.user(question: "QUESTION"))"""
            messages = [\#(turn(template.system)){"role": "user", "content": [
                {"type": "image", "image": picture},
                {"type": "text", "text": words.replace("QUESTION", "Where could fuel be stored?")}]}]
            inputs = processor.apply_chat_template(
                messages, add_generation_prompt=True, tokenize=True, return_dict=True, return_tensors="pt")
            ids = model.generate(
                **inputs, max_new_tokens=\#(longest), do_sample=False, repetition_penalty=1.0)
            print(processor.decode(ids[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True))
            """#
    }
}
