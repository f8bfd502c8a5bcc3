import ArgumentParser
import Policies
import TrainingRuns

/// How a policy is asked, beside words and grammar.
struct PromptOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The instructions above the conversation; an empty text: no system turn (default: that "
                + "of training, or the method's).", valueName: "text"))
    var systemPrompt: String?

    @Option(
        help: ArgumentHelp(
            "builtin; checkpoint, the policy's own; or a file of Jinja, or of JSON with chat_template "
                + "(default: that of training, or builtin).", valueName: "builtin|checkpoint|file"),
        transform: PathArgument.input)
    var chatTemplate: String?

    /// The names of the options that are given.
    var given: [String] {
        (systemPrompt == nil ? [] : ["--system-prompt"])
            + (chatTemplate == nil ? [] : ["--chat-template"])
    }

    /// The files that are read.
    var inputs: [CommandInputFiles] {
        chatTemplate.map { ChatTemplateChoice($0).path.map { [.file($0)] } ?? [] } ?? []
    }

    /// What is said, with what other options say.
    func settings(imageSize: Int?, variant: String?, maxCompletionLength: Int?) -> AskingSettings {
        AskingSettings(
            imageSize: imageSize, variant: variant, system: systemPrompt,
            chatTemplate: chatTemplate.map(ChatTemplateChoice.init),
            maxCompletionLength: maxCompletionLength)
    }
}
