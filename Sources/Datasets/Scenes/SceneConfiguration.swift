/// How the questions of a scene name what they ask for.
public enum SceneQuestionStyle: String, Sendable, Codable, CaseIterable {
    /// By the name of the class: "Find the storage tanks."
    case explicit
    /// By a use, in the phrasings of the first family: "Where could fuel be stored?"
    case implicitA
    /// By a use, in the phrasings of the second family, which shares none with the first.
    case implicitB
    /// All of them.
    case mixed
}

/// What a ``SceneSynthesizer`` draws and asks.
public struct SceneConfiguration: Sendable, Hashable, Codable {
    /// Rows and columns of the picture, in pixels; at least 64.
    public var side = 224
    /// The classes that occur.
    public var classes = SceneClass.allCases
    /// How many classes a scene shows.
    public var classesPerScene = 2...4
    /// How many objects of a class a scene shows, as far as there is room.
    public var instancesPerClass = 1...3
    /// The share of classes with `crowdInstances` objects instead.
    public var crowdShare = 0.08
    /// How many objects a crowded class has.
    public var crowdInstances = 4...5
    /// The share of scenes whose questions ask for a class that is absent.
    public var noTargetShare = 0.1
    /// The most questions that a sample has; all ask for the same objects.
    public var questionsPerSample = 6
    /// How the questions name what they ask for.
    public var questionStyle = SceneQuestionStyle.mixed
    /// Whether the questions are drawn from those of all classes, whatever they should ask for: who
    /// learns from such a set learns how to answer, but nothing of what the questions mean.
    public var hasUnrelatedQuestions = false

    /// The default: all classes, 224 pixels.
    public init() {}

    /// What the embedded models know: the eight basic classes, one or two objects of each.
    public static var small: SceneConfiguration {
        var result = SceneConfiguration()
        result.classes = SceneClass.basic
        result.instancesPerClass = 1...2
        result.crowdShare = 0
        return result
    }

    /// Says what is wrong with the configuration.
    ///
    /// - Throws: ``SceneConfigurationError`` that names the field and the values it may have.
    public func validate() throws(SceneConfigurationError) {
        func require(
            _ holds: Bool, _ field: String, _ rule: String
        ) throws(SceneConfigurationError) {
            if !holds { throw SceneConfigurationError(field: field, rule: rule) }
        }
        try require((64...4096).contains(side), "side", "64 to 4096 pixels, not \(side)")
        try require(
            !classes.isEmpty && Set(classes).count == classes.count, "classes",
            "at least one class, each once")
        try require(
            classesPerScene.lowerBound >= 1, "classesPerScene", "at least 1")
        try require(instancesPerClass.lowerBound >= 1, "instancesPerClass", "at least 1")
        try require(
            crowdInstances.lowerBound >= 1 && crowdInstances.upperBound <= 12, "crowdInstances",
            "1 to 12")
        try require(instancesPerClass.upperBound <= 12, "instancesPerClass", "at most 12")
        try require((0...1).contains(crowdShare), "crowdShare", "0 to 1, not \(crowdShare)")
        try require(
            (0...1).contains(noTargetShare), "noTargetShare", "0 to 1, not \(noTargetShare)")
        try require(questionsPerSample >= 1, "questionsPerSample", "at least 1")
    }
}

/// A field of a ``SceneConfiguration`` with a value that it cannot have.
public struct SceneConfigurationError: Error, Sendable, CustomStringConvertible {
    /// The name of the field.
    public var field: String
    /// The values that it can have.
    public var rule: String

    /// One line for the user.
    public var description: String {
        "scene configuration: `\(field)` must be \(rule); change it and start again"
    }
}
