import Foundation
import RLTrainer
import Rewards
import Segmentation

/// What is recorded of one completion.
struct RolloutRecord: Encodable {
    let step: Int
    let id: String
    let epoch: Int
    let question: String
    /// What the policy was asked, without the picture.
    let prompt: String
    let completion: String
    let length: Int
    let stopReason: StopReason
    let parseError: String?
    let prompts: [Prediction.Prompt]
    /// None with a fault.
    let rewards: [String: Double]
    let reward: Double?
    /// Why there is no reward, if so.
    let fault: String?
    let advantage: Double

    enum CodingKeys: String, CodingKey {
        case step, id, epoch, question, prompt, completion, length, prompts, rewards, reward, fault
        case advantage
        case stopReason = "stop_reason"
        case parseError = "parse_error"
    }

    init<P>(_ group: RolloutGroup<P>, _ index: Int, step: Int, template: PromptTemplate) {
        let (completion, score) = (group.completions[index], group.rewards[index])
        self.step = step
        id = group.example.id
        epoch = group.example.epoch
        question = group.example.question
        prompt = template.user(question: question)
        self.completion = completion.text
        length = completion.tokenIDs.count
        stopReason = completion.stopReason
        parseError = score.failure?.description
        prompts = score.prompts.map(Prediction.Prompt.init)
        fault = score.fault?.description
        let terms = score.fault == nil ? score.terms : []
        rewards = Dictionary(uniqueKeysWithValues: terms.map { ($0.term.rawValue, $0.value) })
        reward = score.fault == nil ? score.total : nil
        advantage = group.advantages[index]
    }

    func line() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
