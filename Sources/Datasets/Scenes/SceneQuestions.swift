import Datasets

/// The ways to ask for a class and to answer.
public enum SceneQuestions {
    /// The phrasings for a class in a style.
    ///
    /// The implicit families name a use or a look instead of the class, and no phrasing is in two
    /// families, so that one can be kept away from training.
    public static func phrasings(
        for sceneClass: SceneClass, style: SceneQuestionStyle
    ) -> [String] {
        let uses = SceneUses.of(sceneClass)
        return switch style {
        case .explicit: explicit(sceneClass)
        case .implicitA: uses.familyA
        case .implicitB: uses.familyB
        case .mixed: explicit(sceneClass) + uses.familyA + uses.familyB
        }
    }

    /// The answer for `count` objects of a class, such as "The two storage tanks."; for none it
    /// says so.
    public static func answer(for sceneClass: SceneClass, count: Int) -> String {
        switch count {
        case ..<1: "There is no \(sceneClass.singular) in the image."
        case 1: "The \(sceneClass.singular)."
        case ..<numerals.count: "The \(numerals[count]) \(sceneClass.plural)."
        default: "The \(count) \(sceneClass.plural)."
        }
    }

    private static let numerals = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ]

    private static func explicit(_ sceneClass: SceneClass) -> [String] {
        ObjectQuestions.naming(one: sceneClass.singular, many: sceneClass.plural)
    }
}
