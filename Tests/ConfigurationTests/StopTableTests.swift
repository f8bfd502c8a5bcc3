import Configuration
import FilesTestSupport
import Foundation
import RLTrainer
import Settings
import Testing

/// `training.stop_when`.
@Suite struct StopTableTests {
    private func load(_ value: String) throws -> RunConfiguration {
        try RunConfiguration.load(
            file: nil,
            overrides: [
                "policy.path=p", "segmenter.path=s", "data.train=[t.h5]",
                "training.stop_when=\(value)",
            ])
    }

    @Test(
        "Conditions take steps, or true for as many as the warning takes; false and null end nothing"
    )
    func values() throws {
        let table = try load("{no_target_met: 30, format_collapsed: true, all_cut: false}")
            .training.stopWhen
        #expect(
            table.entries == [.init(.noTargetMet, steps: 30), .init(.formatCollapsed, steps: nil)])
        #expect(table.yaml == "{no_target_met: 30, format_collapsed: true}")
        for nothing in ["{}", "null", "", "{all_cut: false}"] {
            #expect(try load(nothing).training.stopWhen == StopTable())
        }
        #expect(RunConfiguration().training.stopWhen.entries.isEmpty)
        for condition in HealthCondition.allCases {
            #expect(try load("{\(condition.rawValue): 1}").training.stopWhen.entryCount == 1)
        }
    }

    @Test("The resolved configuration is read back as it is")
    func resolved() throws {
        try withFolder { folder in
            let file = folder + "/config.yaml"
            for value in ["{}", "{equal_rewards: true, kl_exploded: 4}"] {
                let configuration = try load(value)
                try Data(configuration.resolved(comments: true).utf8).write(
                    to: URL(fileURLWithPath: file))
                #expect(try RunConfiguration.load(file: file) == configuration)
            }
        }
    }

    @Test(
        "What is wrong is told with the condition, and the nearest one",
        arguments: [
            ("{no_target_meet: 3}", "no_target_meet", "did you mean no_target_met?"),
            ("{No-Target-Met: 3}", "No-Target-Met", "did you mean no_target_met?"),
            ("{few_samples: 3}", "few_samples", "the conditions are no_target_met, equal_rewards"),
            ("{all_cut: 0}", "all_cut", "is 0, must be at least 1"),
            ("{all_cut: -4}", "all_cut", "is -4, must be at least 1"),
            ("{all_cut: 2.5}", "all_cut", "expected a number of steps in a row, or true"),
            ("{all_cut: often}", "all_cut", "found \"often\""),
            ("{all_cut: {steps: 3}}", "all_cut", "found a table"),
            ("[all_cut]", "", "expected a table of conditions, such as {no_target_met: 30"),
            ("all_cut", "", "expected a table of conditions"),
            ("true", "", "expected a table of conditions"),
        ])
    func wrong(value: String, key: String, words: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try load(value) }
        #expect(error.problems.count == 1)
        #expect(
            error.problems[0].key
                == (["training.stop_when", key].filter { !$0.isEmpty })
                .joined(separator: "."))
        #expect(error.problems[0].message.contains(words), "\(error)")
    }

    @Test("Everything that is wrong is told in one go, each where it stands")
    func places() throws {
        try withFolder { folder in
            let file = folder + "/c.yaml"
            let text =
                """
                policy: {path: p}
                segmenter: {path: s}
                data: {train: [t.h5]}
                training:
                  stop_when:
                    all_cut: 0
                    equal_reward: 5
                """
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            let error = try #require(throws: ConfigurationError.self) {
                try RunConfiguration.load(file: file)
            }
            #expect(
                error.problems.map(\.location) == ["\(file):6:14", "\(file):7:5"], "\(error)")
        }
    }

    @Test("The schema takes what is read: each condition, a whole number from 1 or a truth value")
    func schema() throws {
        let text = try RunConfiguration.schema()
        for condition in HealthCondition.allCases {
            #expect(text.contains("\"\(condition.rawValue)\" : {"))
        }
    }
}
