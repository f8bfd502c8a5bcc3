public import Policies

/// How a policy is asked: as options say, or else as its run has it, or else as the record beside its
/// weights says it was trained, or else in the method's way.
public struct AskedPolicy: Sendable {
    /// The settings, all of which are known.
    public let settings: AskingSettings
    /// What was not said and is not the method's, and where the policy was trained otherwise, in lines for
    /// people.
    public let notes: [String]

    /// The side of the square that pictures are stretched to, in pixels.
    public var imageSize: Int { settings.imageSize ?? 0 }
    /// The most tokens that an answer may have.
    public var maxCompletionLength: Int { settings.maxCompletionLength ?? 0 }

    /// Finds out how a policy is asked.
    ///
    /// - Parameters:
    ///   - policy: the policy's folder
    ///   - options: what the user says
    ///   - run: the run that the user names
    /// - Throws: `PolicyConfigurationError` if the policy's record cannot be read
    public init(_ policy: String, options: AskingSettings, run: EvaluatedRun?) throws {
        let record = try PolicyRecord.read(policy)
        let known = run?.asking ?? AskingSettings()
        let trained = known.completed(by: record?.settings ?? AskingSettings())
        settings = options.completed(by: trained).completed(by: .standard)
        let taken = settings.unusual(besides: options)
        var notes: [String] = []
        if !taken.isEmpty {
            let origin = run.map { "\($0.folder) was" } ?? "\(policy) was"
            let verb = run == nil && record?.isOfNewPolicy == true ? "made for" : "trained with"
            notes.append("asked      \(AskingSettings.words(taken)), which \(origin) \(verb)")
        }
        if let record {
            record.difference(policy: policy, asked: settings).map { notes.append($0) }
        } else if let run {
            known.sentence("\(run.folder) was trained with", settings).map { notes.append($0) }
        }
        self.notes = notes
    }
}
