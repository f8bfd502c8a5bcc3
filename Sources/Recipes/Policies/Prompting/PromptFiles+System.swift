import ChatTemplates
import Foundation
import PolicyFamilies
import Segmentation
import VisionLanguage

extension PromptFiles {
    /// Whether the chat template in a policy's folder says a system prompt where a conversation has none.
    ///
    /// - Parameters:
    ///   - system: the system prompt
    ///   - folder: the policy's folder
    /// - Returns: whether it does; false where there is no template, or it cannot be rendered
    package static func areSaying(_ system: String, in folder: String) -> Bool {
        let picture = PolicyRegistry.likely(directory: folder).chat.picture
        guard
            let template = try? ChatTemplateFiles(folder: folder, picture: picture).template(),
            let asked = try? PromptTemplate(system: system, format: .template(template))
                .text(question: "Where is it?"),
            let alone = try? PromptTemplate(system: "", format: .template(template))
                .text(question: "Where is it?")
        else { return false }
        return alone.utf8.elementsEqual(asked.utf8)
    }
}
