import Foundation
import Imaging
import Inference
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
    /// Width and height of the frame of the prompts' coordinates.
    let policyFrame: [Int]
    /// IoU of the mask with the truth; nil where the segmenter was not asked.
    let iou: Double?
    /// None with a fault; nil of a term that abstained.
    let rewards: [String: Double?]
    /// Nil without a reward: left out with a fault, null where every term abstained.
    let reward: Double?
    /// Why there is no reward, if a term failed.
    let fault: String?
    /// Nil, null in the record, where the completion takes no part in the loss.
    let advantage: Double?

    enum CodingKeys: String, CodingKey {
        case step, id, epoch, question, prompt, completion, length, prompts, rewards, reward, fault
        case advantage, iou
        case policyFrame = "policy_frame"
        case stopReason = "stop_reason"
        case parseError = "parse_error"
    }

    init<P: PolicyPrompt>(
        _ group: RolloutGroup<P>, _ index: Int, step: Int, template: PromptTemplate
    ) {
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
        policyFrame = [group.prompt.frame.width, group.prompt.frame.height]
        iou = score.mask == nil && score.failure == nil ? nil : score.iou
        fault = score.fault?.description
        let terms = score.fault == nil ? score.terms : []
        rewards = Dictionary(uniqueKeysWithValues: terms.map { ($0.term.rawValue, $0.value) })
        reward = score.reward
        advantage = group.advantages[index]
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(step, forKey: .step)
        try object.encode(id, forKey: .id)
        try object.encode(epoch, forKey: .epoch)
        try object.encode(question, forKey: .question)
        try object.encode(prompt, forKey: .prompt)
        try object.encode(completion, forKey: .completion)
        try object.encode(length, forKey: .length)
        try object.encode(stopReason, forKey: .stopReason)
        try object.encodeIfPresent(parseError, forKey: .parseError)
        try object.encode(prompts, forKey: .prompts)
        try object.encode(policyFrame, forKey: .policyFrame)
        try object.encodeIfPresent(iou, forKey: .iou)
        try object.encode(rewards, forKey: .rewards)
        if fault == nil { try object.encode(reward, forKey: .reward) }
        try object.encodeIfPresent(fault, forKey: .fault)
        try object.encode(advantage, forKey: .advantage)
    }

    func line() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
