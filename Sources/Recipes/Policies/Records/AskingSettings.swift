import Configuration

/// How a policy is asked, as far as it is known: what it was trained with, or what options say.
public struct AskingSettings: Sendable, Hashable {
    /// S: the side of the square that pictures are stretched to.
    public var imageSize: Int?
    /// The name of template and grammar.
    public var variant: String?
    /// The instructions above the conversation; without a system's turn if empty.
    public var system: String?
    /// Which chat template makes it one text.
    public var chatTemplate: ChatTemplateChoice?
    /// The most tokens that an answer may have.
    public var maxCompletionLength: Int?

    /// Settings from what is known of them.
    public init(
        imageSize: Int? = nil, variant: String? = nil, system: String? = nil,
        chatTemplate: ChatTemplateChoice? = nil, maxCompletionLength: Int? = nil
    ) {
        self.imageSize = imageSize
        self.variant = variant
        self.system = system
        self.chatTemplate = chatTemplate
        self.maxCompletionLength = maxCompletionLength
    }

    /// Settings of a prompt, and what goes with it.
    public init(imageSize: Int?, prompt: PromptChoice, maxCompletionLength: Int?) {
        self.init(
            imageSize: imageSize, variant: prompt.variant, system: prompt.system,
            chatTemplate: prompt.chatTemplate, maxCompletionLength: maxCompletionLength)
    }

    /// The way of the method, for what nobody says.
    public static var standard: AskingSettings {
        AskingSettings(imageSize: 840, prompt: PromptChoice(), maxCompletionLength: 1024)
    }

    /// The settings, and those of others where nothing is known.
    public func completed(by other: AskingSettings) -> AskingSettings {
        AskingSettings(
            imageSize: imageSize ?? other.imageSize, variant: variant ?? other.variant,
            system: system ?? other.system, chatTemplate: chatTemplate ?? other.chatTemplate,
            maxCompletionLength: maxCompletionLength ?? other.maxCompletionLength)
    }

    /// The prompt, by the method's way where nothing is known.
    public var prompt: PromptChoice {
        let standard = PromptChoice()
        return PromptChoice(
            variant: variant ?? standard.variant, system: system ?? standard.system,
            chatTemplate: chatTemplate ?? standard.chatTemplate)
    }
}

extension AskingSettings {
    /// The keys of configurations that say the same.
    package static let keys = [
        "data.image_size", "prompt.variant", "prompt.system", "prompt.chat_template",
        lengthKey,
    ]
    /// The one of how long answers may be.
    static let lengthKey = "grpo.max_completion_length"

    /// What is known as YAML, by the keys of configurations.
    package var values: [(key: String, yaml: String)] {
        let values = [
            imageSize?.yaml, variant?.yaml, system?.yaml, chatTemplate?.yaml,
            maxCompletionLength?.yaml,
        ]
        return zip(Self.keys, values).compactMap { key, yaml in yaml.map { (key, $0) } }
    }

    /// The values, by their keys, that options do not say and that are not the method's.
    package func unusual(besides options: AskingSettings) -> [(key: String, yaml: String)] {
        let said = Set(options.values.map(\.key))
        let usual = Dictionary(
            uniqueKeysWithValues: Self.standard.values.map { ($0.key, $0.yaml) })
        return values.filter { !said.contains($0.key) && usual[$0.key] != $0.yaml }
    }

    /// Values in words: `image_size 224, variant box`.
    package static func words(_ values: [(key: String, yaml: String)]) -> String {
        values.map { "\(name($0.key)) \(short($0.yaml))" }.joined(separator: ", ")
    }

    /// The last part of a key.
    package static func name(_ key: String) -> String {
        key.split(separator: ".").last.map(String.init) ?? key
    }

    /// A value that fits into a sentence.
    private static func short(_ yaml: String) -> String {
        yaml.count <= 60 ? yaml : "\(yaml.prefix(57))…"
    }

    /// What a policy was trained with and is not asked with: `image_size 224, asked with 840`.
    ///
    /// Chat templates count only where the policy's own was trained with, and the built-in one is asked
    /// with: what templates write is compared elsewhere, and a saved policy's own writes what training
    /// wrote.
    ///
    /// - Parameters:
    ///   - asked: what it is asked with
    ///   - verb: what is done with that
    /// - Returns: a part of a sentence each
    package func differences(
        from asked: AskingSettings, verb: String = "asked with"
    ) -> [String] {
        differences(
            from: Dictionary(uniqueKeysWithValues: asked.values.map { ($0.key, $0.yaml) }),
            verb: verb)
    }

    /// The same, from the values of a configuration as YAML by its keys.
    package func differences(from asked: [String: String], verb: String) -> [String] {
        values.compactMap { key, yaml in
            guard let other = asked[key], other != yaml else { return nil }
            let isTemplate = key == "prompt.chat_template"
            if isTemplate, chatTemplate != .checkpoint || other != "builtin" { return nil }
            return "\(Self.name(key)) \(Self.short(yaml)), \(verb) \(Self.short(other))"
        }
    }
}
