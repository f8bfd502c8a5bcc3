import Configuration
import Runs

extension StageState {
    /// Fails if the run's prompts were others.
    ///
    /// - Throws: ``ConfigurationError``
    func require(prompts now: String?, origin: String) throws {
        guard prompts != now else { return }
        throw ConfigurationError(problems: [
            ConfigurationProblem(
                location: origin, key: "prompt.system, prompt.chat_template",
                message:
                    "the prompts are not those that the run was started with; bring system prompt "
                    + "and chat template back, or choose another output_dir")
        ])
    }
}
