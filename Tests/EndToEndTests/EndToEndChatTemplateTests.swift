import ChatTemplates
import Datasets
import EndToEndTestSupport
import FilesTestSupport
import Foundation
import Imaging
import RLTrainer
import Segmentation
import Testing
import Tokenizers
import Torch
import TrainingTestSupport
import VisionLanguage

@testable import Configuration
@testable import DryRuns
@testable import Evaluating
@testable import Files
@testable import Inference
@testable import NewModels
@testable import Pictures
@testable import Policies
@testable import Runs
@testable import Settings
@testable import SupervisedTraining
@testable import Training
@testable import TrainingRuns

extension EndToEnd {
    @Suite struct ChatTemplates {
        private let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        /// A template that trims what is said and begins the thoughts.
        private static let thinking = """
            {%- for turn in messages %}<|im_start|>{{ turn.role }}
            {% for part in turn.content %}{% if part.type == 'image' %}<|vision_start|><|image_pad|>\
            <|vision_end|>{% else %}{{ part.text | trim }}{% endif %}{% endfor %}<|im_end|>
            {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
            <think>{% endif %}

            """

        private func run(_ folder: String) -> RunConfiguration {
            var result = fixture.cheapConfiguration(output: folder + "/run")
            result.training.maxSteps = 1
            return result
        }

        private func json(_ path: String) throws -> [String: Any] {
            try #require(
                try JSONSerialization.jsonObject(with: contents(path)) as? [String: Any])
        }

        /// The shared policy with another template in its tokenizer's configuration, and nowhere else.
        private func policy(_ folder: String, _ change: (String) -> String) throws -> String {
            let path = folder + "/policy"
            try FileManager.default.copyItem(atPath: fixture.policy, toPath: path)
            for name in ["chat_template.json", "chat_template.jinja"] {
                try FileManager.default.removeItem(atPath: "\(path)/\(name)")
            }
            var tokenizer = try json(path + "/tokenizer_config.json")
            tokenizer["chat_template"] = change(QwenChatTemplate.jinja())
            try JSONSerialization.data(withJSONObject: tokenizer)
                .write(to: URL(fileURLWithPath: path + "/tokenizer_config.json"))
            return path
        }

        /// The template of every file of a saved policy that has one; they must be the same.
        private func carried(_ policy: String) throws -> String {
            let text = String(
                decoding: try contents(policy + "/chat_template.jinja"), as: UTF8.self)
            for name in ["chat_template.json", "tokenizer_config.json"] {
                #expect(try json("\(policy)/\(name)")["chat_template"] as? String == text)
            }
            #expect(exists(policy + "/preprocessor_config.json"))
            return text
        }

        @Test(
            "A saved policy carries the built-in template, with the run's system prompt where none is said"
        )
        func carriesBuiltin() throws {
            try withFolder { folder in
                var configuration = run(folder)
                configuration.prompt.system = "Say \"so\".\\ {{ 1 }} {% x %}\n\u{1F6A2}"
                try train(configuration)
                let policy = folder + "/run/checkpoints/step-1/policy"
                #expect(
                    try carried(policy)
                        == QwenChatTemplate.jinja(system: configuration.prompt.system))
                let template = try #require(try ChatTemplateFiles(folder: policy).template())
                let asked = try configuration.promptChoice.template(policy: policy)
                let messages = asked.messages(question: "Where?")
                let text = QwenChatTemplate.render(messages, addGenerationPrompt: true)
                for turns in [messages, [messages[1]]] {
                    let own = try ChatFormat.template(template).render(
                        turns, addGenerationPrompt: true)
                    #expect(own == text)
                }
                #expect(ChatTemplateComparison(asked).warnings(policy: policy).isEmpty)
                let other = ChatTemplateComparison(PromptTemplate()).warnings(policy: policy)
                #expect(other.count == 1 && other[0].contains("Say "))
            }
        }

        @Test("A family with a chat format of its own is not told that another one is used")
        func ownFormat() throws {
            try withFolder { folder in
                let source =
                    "Hello! " + QwenChatTemplate.jinja(system: PromptTemplate.methodSystem)
                try source.write(
                    toFile: folder + "/chat_template.jinja", atomically: true, encoding: .utf8)
                let own = try #require(try ChatTemplateFiles(folder: folder).template())
                let convention = ChatConvention(
                    format: .template(own), turnEnd: "<|im_end|>", picture: .qwen)
                let told = ChatTemplateComparison(PromptTemplate()) { _ in convention }
                #expect(told.warnings(policy: folder).isEmpty)
                let other = ChatTemplateComparison(PromptTemplate()).warnings(policy: folder)
                #expect(other.count == 1 && other[0].contains("the built-in one"))
            }
        }

        @Test(
            "A run asks with the template of a file, carries it below its system prompt, and refuses another one later"
        )
        func carriesFile() throws {
            try withFolder { folder in
                let file = folder + "/own.jinja"
                try Data(Self.thinking.utf8).write(to: URL(fileURLWithPath: file))
                var configuration = run(folder)
                configuration.prompt.chatTemplate = .file(file)
                let recipe = try TrainRecipe(configuration, command: [])
                #expect(recipe.warnings.contains { $0.contains("writes another prompt") })
                try recipe.run { _ in }
                let checkpoint = folder + "/run/checkpoints/step-1"
                let policy = checkpoint + "/policy"
                let own = try carried(policy)
                #expect(own.hasSuffix("%}\n" + Self.thinking) && own.contains("remote sensing"))
                // Whoever goes on from it carries the same, and is told of nothing.
                let choice = PromptChoice(chatTemplate: .checkpoint)
                let again = try choice.template(policy: policy)
                #expect(PromptFiles(again).source == own)
                #expect(ChatTemplateComparison(again).warnings(policy: policy).isEmpty)
                #expect(PromptFiles.areSaying(PromptTemplate.methodSystem, in: policy))
                #expect(
                    ChatTemplateComparison(try configuration.promptChoice.template(policy: policy))
                        .warnings(policy: policy).isEmpty)
                let prompt = try recipe.policy.prompt(image: .black(side: 56), question: "a")
                let text = recipe.policy.tokenizer.decode(
                    prompt.input.tokenIDs, skipSpecialTokens: false)
                #expect(text.hasSuffix("<|im_start|>assistant\n<think>"))
                #expect(
                    prompt.input.tokenIDs.count {
                        $0 == recipe.policy.model.options.placeholders.picture
                    } == 4)

                configuration.training.maxSteps = 2
                _ = try RunStart(configuration, .automatic)
                try Data((Self.thinking + "a").utf8).write(to: URL(fileURLWithPath: file))
                let error = #expect(throws: ConfigurationError.self) {
                    try RunStart(configuration, .automatic)
                }
                #expect(error?.problems.map(\.key) == ["prompt.chat_template"])
                configuration.prompt.chatTemplate = .builtin
                configuration.prompt.system = "b"
                let keys = #expect(throws: ConfigurationError.self) {
                    try RunStart(configuration, .automatic)
                }
                #expect(keys?.problems.map(\.key) == ["prompt.system", "prompt.chat_template"])
            }
        }

        @Test(
            "A policy with another template or system prompt of its own is told of wherever it is asked"
        )
        func tellsDifferences() throws {
            try withFolder { folder in
                let policy = try policy(folder) {
                    $0.replacingOccurrences(
                        of: "You are a helpful assistant.", with: "Think first.")
                }
                func isTold(_ warnings: [String]) -> Bool {
                    warnings.contains {
                        $0.contains("tokenizer_config.json") && $0.contains("Think first.")
                    }
                }
                var configuration = run(folder)
                configuration.policy.path = policy
                #expect(isTold(try DryRun(configuration, resume: .automatic).warnings))
                #expect(isTold(try TrainRecipe(configuration, command: []).warnings))
                var predict = PredictRecipe(
                    policy: policy, segmenter: nil, image: fixture.picture, question: "a")
                predict.imageSize = 56
                predict.sampling.maxCompletionLength = 1
                #expect(isTold(try predict.run(output: nil).warnings))
                predict.prompt.system = "Think first."
                #expect(try predict.run(output: nil).warnings.isEmpty)
                var evaluate = EvaluateRecipe(
                    policy: policy, segmenter: fixture.segmenter, data: [fixture.shard])
                evaluate.settings.imageSize = 56
                evaluate.settings.limit = 1
                evaluate.settings.maxCompletionLength = 1
                var warnings: [String] = []
                var result = try evaluate.run(onWarning: { warnings.append($0) })
                #expect(isTold(warnings) && result.setup.system == nil)
                evaluate.prompt = PromptChoice(system: "", chatTemplate: .checkpoint)
                warnings = []
                result = try evaluate.run(onWarning: { warnings.append($0) })
                #expect(!warnings.contains { $0.contains("template") })
                #expect(result.setup.chatTemplate == "checkpoint")
            }
        }

        @Test("An evaluation with a policy's own template is another one when that has changed")
        func evaluatesOwnTemplate() throws {
            try withFolder { folder in
                let policy = try policy(folder) { $0 }
                func setup(_ name: String) throws -> EvaluationResult.Setup {
                    let source =
                        "{% for m in messages %}{% for p in m.content %}"
                        + "{% if p.type == 'image' %}<|image_pad|>{% else %}\(name){{ p.text }}"
                        + "{% endif %}{% endfor %}{% endfor %}"
                    try source.write(
                        toFile: policy + "/chat_template.jinja", atomically: true, encoding: .utf8)
                    var evaluate = EvaluateRecipe(
                        policy: policy, segmenter: fixture.segmenter, data: [fixture.shard])
                    evaluate.prompt.chatTemplate = .checkpoint
                    return try evaluate.setup()
                }
                let first = try setup("a")
                #expect(try first.differences(from: setup("a")).isEmpty)
                #expect(
                    try first.differences(from: setup("b")).contains {
                        $0.hasPrefix("chat_template: ")
                    })
            }
        }

        @Test(
            "A policy's own template that cannot be rendered is told of, and an error where it is used"
        )
        func tellsUnrenderable() throws {
            try withFolder { folder in
                let policy = try policy(folder) { _ in "\n{{ messages.frob() }}" }
                let told = ChatTemplateComparison(PromptTemplate()).warnings(policy: policy)
                #expect(told.count == 1 && told[0].contains("line 2: "))
                #expect(throws: ChatTemplateError.self) {
                    try PromptChoice(chatTemplate: .checkpoint).template(policy: policy)
                }
                #expect(throws: MissingInputError.self) {
                    try PromptChoice(chatTemplate: .file(folder + "/none")).template(policy: policy)
                }
            }
        }

        @Test(
            "Old templates and picture settings of the start do not contradict those of a saved policy"
        )
        func replacesStaleFiles() throws {
            let old: [String: String] = [
                "tokenizer.json": "{}", "tokenizer_config.json": #"{"chat_template": "old"}"#,
                "chat_template.json": #"{"chat_template": "old"}"#, "chat_template.jinja": "old",
                "processor_config.json":
                    #"{"chat_template": "old", "video_processor": {"fps": 2}, "image_processor": {"size": {"shortest_edge": 7, "longest_edge": 9}}}"#,
                "config.json": "{}",
            ]
            let files = try PromptFiles(PromptTemplate()).applied(
                to: old.map { CompanionFile(name: $0.key, data: Data($0.value.utf8)) })
            try withFolder { folder in
                for file in files {
                    try file.data.write(to: URL(fileURLWithPath: "\(folder)/\(file.name)"))
                }
                let found = try ChatTemplateFiles(folder: folder)
                #expect(
                    found.all.map { ($0.path as NSString).lastPathComponent } == [
                        "chat_template.json", "chat_template.jinja", "tokenizer_config.json",
                    ])
                #expect(found.disagreement == nil)
                #expect(try carried(folder).contains("remote sensing"))
                let pictures = try json(folder + "/preprocessor_config.json")
                #expect(pictures["min_pixels"] as? Int == 7 && pictures["max_pixels"] as? Int == 9)
                // A processor of transformers 4.49 refuses the section.
                #expect(try json(folder + "/processor_config.json").isEmpty)
                #expect(try json(folder + "/video_preprocessor_config.json")["fps"] as? Int == 2)
            }
            #expect(files.first { $0.name == "config.json" }?.data == Data("{}".utf8))
        }

        @Test("A system prompt that spells a token is told of: processors take it for one")
        func spelledToken() {
            let comparison = ChatTemplateComparison(PromptTemplate(system: "end with <|im_end|>."))
            #expect(
                comparison.warnings(policy: "nowhere").first?.contains("spells <|im_end|>") == true)
            #expect(
                ChatTemplateComparison(PromptTemplate(system: "a < b | c > d"))
                    .warnings(policy: "nowhere").isEmpty)
        }

        @Test("Supervised training that goes on with other prompts is refused")
        func stageKeepsPrompts() throws {
            let cursor = EpochSampler(count: 2, seed: 1).cursor
            let other = try PromptTemplate(system: "a").fingerprint()
            #expect(try PromptTemplate().fingerprint() == nil && other != nil)
            let third = try PromptTemplate(system: "b").fingerprint()
            #expect(other != third)
            // A change where the compared prompt does not go counts too.
            let templates = try ["a", "b"].map { name in
                let source =
                    "{% if messages[0].role != 'system' %}\(name){% endif %}"
                    + "{% for m in messages %}{% for p in m.content %}"
                    + "{% if p.type == 'image' %}<|image_pad|>{% else %}{{ p.text }}{% endif %}"
                    + "{% endfor %}{% endfor %}"
                return try PromptTemplate(
                    system: "s",
                    format: .template(
                        ChatTemplate(source: source, origin: name, variables: [:]))
                ).fingerprint()
            }
            #expect(templates[0] != templates[1])
            let state = StageState(cursor: cursor, prompts: other)
            try state.require(prompts: other, origin: "run")
            for prompts in [nil, "c"] {
                #expect(throws: ConfigurationError.self) {
                    try state.require(prompts: prompts, origin: "run")
                }
            }
        }

        @Test("New and exported policies have what a processor needs")
        func writtenPoliciesAreComplete() throws {
            #expect(try carried(fixture.policy).contains("remote sensing"))
            try withFolder { folder in
                _ = try ModelInitialization.writePolicy(
                    configuration: fixture.policy + "/config.json", companions: nil,
                    output: folder + "/new", seed: 1, dtype: .float32)
                #expect(try carried(folder + "/new") == carried(fixture.policy))
                var configuration = run(folder)
                configuration.prompt.system = "a"
                try train(configuration)
                for (name, dtype) in [("same", nil), ("half", DType.bfloat16)] {
                    _ = try CheckpointRecipe.export(
                        folder + "/run", .newest, to: "\(folder)/\(name)", dtype: dtype)
                    #expect(
                        try carried("\(folder)/\(name)") == QwenChatTemplate.jinja(system: "a"))
                }
            }
        }
    }
}
