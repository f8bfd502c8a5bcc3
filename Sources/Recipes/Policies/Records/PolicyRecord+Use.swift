package import Configuration
package import VisionLanguage

extension PolicyRecord {
    /// The command that writes policies with random weights.
    package static let initialization = "policy init"

    /// Whether the policy has random weights: it is made for something, and was trained with nothing.
    package var isOfNewPolicy: Bool { command == Self.initialization }

    /// That a policy is asked otherwise than it was trained; nil where it is not.
    ///
    /// - Parameters:
    ///   - policy: the policy's folder
    ///   - asked: what it is asked with
    /// - Returns: a sentence for people
    package func difference(policy: String, asked: AskingSettings) -> String? {
        let verb = isOfNewPolicy ? "is made for" : "was trained with"
        return settings.sentence("\(policy) \(verb)", asked)
    }

    /// What is most likely not meant in a configuration that trains a policy further: that it is asked
    /// otherwise than it was trained, or that this cannot be told.
    ///
    /// How long answers may be is each run's own matter, and a policy with random weights can learn
    /// anything.
    ///
    /// - Parameters:
    ///   - policy: the policy's folder
    ///   - asked: what the configuration asks with
    /// - Returns: a sentence for people; mostly none
    package static func warnings(policy: String, asked: AskingSettings) -> [String] {
        if policy.isEmpty { return [] }
        var asked = asked
        asked.maxCompletionLength = nil
        do {
            guard let record = try read(policy), !record.isOfNewPolicy else { return [] }
            return [record.difference(policy: policy, asked: asked)].compactMap(\.self)
        } catch {
            return ["\(error)"]
        }
    }
}

extension AskingSettings {
    /// A sentence about what a policy was trained with and is not asked with.
    ///
    /// - Parameters:
    ///   - begin: the subject and the verb
    ///   - asked: what it is asked with
    ///   - verb: what is done with that
    /// - Returns: the sentence; nil where nothing differs
    package func sentence(
        _ begin: String, _ asked: AskingSettings, verb: String = "asked with"
    ) -> String? {
        let found = differences(from: asked, verb: verb)
        return found.isEmpty ? nil : "\(begin) \(found.joined(separator: "; "))"
    }
}

extension ConfigurationReader {
    /// Gives keys that nobody set what the policy was trained with, and notes where that is not the
    /// default, or answers may be longer or shorter than they were in training.
    ///
    /// A record that cannot be read is a problem only where it would decide about something.
    ///
    /// - Parameters:
    ///   - policy: the policy's folder
    ///   - root: what gets the values
    package mutating func completeFromRecord(of policy: String, into root: inout Root) {
        if policy.isEmpty { return }
        let own = AskingSettings.keys.filter { name in keys.contains { $0.name == name } }
        let isSettled = own.allSatisfy { locations[$0] != nil }
        let record: PolicyRecord
        do {
            guard let found = try PolicyRecord.read(policy) else { return }
            record = found
        } catch {
            if !isSettled { report("policy.path", "\(error)") }
            return
        }
        let verb = record.isOfNewPolicy ? "is made" : "was trained"
        let preposition = record.isOfNewPolicy ? "for" : "with"
        complete(
            record.settings, from: "\(policy)/\(PolicyRecord.file)", into: &root,
            because: "as \(policy) \(verb)")
        // A warning tells what else differs, where the policy was trained at all.
        let told = record.isOfNewPolicy ? own : own.filter { $0 == AskingSettings.lengthKey }
        let asked = keys.filter { told.contains($0.name) }.map { ($0.name, $0.write(root)) }
        let found = record.settings.differences(
            from: Dictionary(uniqueKeysWithValues: asked), verb: "asked with")
        if !found.isEmpty {
            note("asked      \(policy) \(verb) \(preposition) \(found.joined(separator: "; "))")
        }
    }

    /// Gives keys that nobody set values of how a policy is asked, and notes where that is not the default.
    ///
    /// - Parameters:
    ///   - settings: the values
    ///   - origin: where they are from
    ///   - root: what gets them
    ///   - reason: why, for people
    package mutating func complete(
        _ settings: AskingSettings, from origin: String, into root: inout Root,
        because reason: String
    ) {
        let taken = complete(settings.values, from: origin, into: &root)
        let told = settings.values.filter { taken.contains($0.key) }
        if told.isEmpty { return }
        note(
            "asked      \(AskingSettings.words(told)), \(reason), since the configuration does not say"
        )
    }
}

extension VisionLanguageFiles {
    /// The same weights beside a record of their training.
    ///
    /// - Parameter record: the record
    /// - Returns: the files
    /// - Throws: an error if it cannot be encoded
    package func with(_ record: PolicyRecord) throws -> VisionLanguageFiles {
        let file = CompanionFile(name: PolicyRecord.file, data: try record.json())
        return replacingCompanions { files in
            (files.filter { $0.name != file.name } + [file]).sorted { $0.name < $1.name }
        }
    }
}
