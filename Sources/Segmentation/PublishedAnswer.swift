import Imaging

/// What the published evaluation makes of a completion (arXiv 2512.19302 and its code).
///
/// Its parser takes coordinates that no segmenter can use: texts, null, lists, integers of more than 64
/// bits. Its call of the segmenter then raises, and the answer has no mask. NaN and the infinities pass
/// both: their masks are empty. `Documentation/parser.md` has the table.
public struct PublishedAnswer: Hashable, Sendable {
    /// What the segmenter is asked, in the policy's frame, with coordinates that may be NaN or infinite;
    /// none where the call raises.
    public var prompts: [SegmentationPrompt]
    /// Why the call of the segmenter raises; nil if it does not.
    public var callFailure: ParseFailure?

    /// An answer from its parts.
    public init(prompts: [SegmentationPrompt], callFailure: ParseFailure? = nil) {
        self.prompts = prompts
        self.callFailure = callFailure
    }
}

extension AnswerParser {
    /// What the published code makes of a completion with this parser's acceptance, or why its parser
    /// rejects it.
    ///
    /// Boxes where the grammar has none and missing ones where it asks for them are failures, and so is
    /// what exceeds this parser's limits.
    public func published(_ completion: String) -> Result<PublishedAnswer, ParseFailure> {
        Result { () throws(ParseFailure) in try readPublished(completion) }
    }

    private func readPublished(_ completion: String) throws(ParseFailure) -> PublishedAnswer {
        let rules = PublishedRules(grammar: grammar, acceptance: acceptance)
        var instances: [PublishedInstance] = []
        for (offset, value) in try self.instances(in: completion).instances.enumerated() {
            do throws(InstanceProblem) {
                instances.append(try rules.instance(value))
            } catch {
                throw .instance(offset + 1, error)
            }
        }
        let kept = try suppressed(instances)
        var prompts: [SegmentationPrompt] = []
        for index in kept {
            switch instances[index].call {
            case .success(let prompt): prompts.append(prompt)
            case .failure(let problem):
                return PublishedAnswer(prompts: [], callFailure: .instance(index + 1, problem))
            }
        }
        return PublishedAnswer(prompts: prompts)
    }

    /// The places of the instances that suppression keeps.
    ///
    /// - Throws: the failure of the first box that Python cannot compute the area of
    private func suppressed(_ instances: [PublishedInstance]) throws(ParseFailure) -> [Int] {
        if instances.count < 2 { return Array(instances.indices) }
        for (offset, instance) in instances.enumerated() {
            if let problem = instance.box?.areaProblem { throw .instance(offset + 1, problem) }
        }
        let boxes = instances.map { $0.box?.corners }
        let known = instances.compactMap(\.box)
        if known.count > 1, let problem = PublishedBox.overlapProblem(known) {
            throw .instance((instances.firstIndex { $0.box != nil } ?? 0) + 1, problem)
        }
        return BoxSuppression.kept(
            of: boxes.map { SegmentationPrompt(box: $0, positivePoints: []) },
            threshold: Self.suppressionThreshold)
    }
}
