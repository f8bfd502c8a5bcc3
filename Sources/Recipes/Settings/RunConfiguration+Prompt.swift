public import Policies

extension RunConfiguration {
    /// How the policy is asked.
    public var promptChoice: PromptChoice {
        PromptChoice(
            variant: prompt.variant, system: prompt.system, chatTemplate: prompt.chatTemplate)
    }
}
