public import Datasets
import Imaging

extension SceneSynthesizer {
    /// The sample of a scene: its picture as PNG, questions for one class, and their answer.
    ///
    /// - Parameters:
    ///   - scene: a scene of this synthesizer.
    ///   - sceneClass: the class to ask for; nil for the one that the scene chose. With a class
    ///     the sample's name ends with it, so that a scene can give several samples.
    ///   - style: how the questions are put; nil for the configuration's.
    /// - Returns: a sample whose mask is the union of the masks of the class.
    /// - Throws: `ImageError` from the PNG encoder.
    public func sample(
        for scene: Scene, asking sceneClass: SceneClass? = nil, style: SceneQuestionStyle? = nil
    ) throws -> SegmentationSample {
        let asked = sceneClass ?? scene.askedClass
        let count = scene.instances(of: asked).count
        return SegmentationSample(
            id: SceneSynthesizer.sampleID(index: scene.index, asking: sceneClass),
            image: try ImageCodec.encodePNG(scene.image), format: .png, frame: scene.image.frame,
            questions: questions(for: scene, asking: asked, style: style),
            answers: count == 0 ? [] : [SceneQuestions.answer(for: asked, count: count)],
            mask: scene.mask(of: asked),
            instances: scene.instances.map { instance in
                InstanceTruth(
                    className: instance.sceneClass.rawValue,
                    isTarget: instance.sceneClass == asked, box: instance.box,
                    mask: instance.mask)
            })
    }

    /// The questions of a scene for a class; all have the same answer, and with
    /// ``SceneConfiguration/hasUnrelatedQuestions`` nothing to do with it.
    ///
    /// - Parameters:
    ///   - scene: a scene of this synthesizer.
    ///   - sceneClass: what they ask for.
    ///   - style: how they are put; nil for the configuration's.
    /// - Returns: at most `questionsPerSample` phrasings, none twice, in random order.
    public func questions(
        for scene: Scene, asking sceneClass: SceneClass, style: SceneQuestionStyle? = nil
    ) -> [String] {
        let style = style ?? configuration.questionStyle
        let number = UInt64(SceneClass.allCases.firstIndex(of: sceneClass) ?? 0)
        var random = SceneRandom(seed: scene.questionSeed, index: number)
        let asked = configuration.hasUnrelatedQuestions ? configuration.classes : [sceneClass]
        let phrasings = asked.flatMap { SceneQuestions.phrasings(for: $0, style: style) }
        return Array(random.shuffled(phrasings).prefix(configuration.questionsPerSample))
    }

    /// The name of a sample: `scene-000042`, or `scene-000042-storage-tank` for a chosen class.
    static func sampleID(index: Int, asking sceneClass: SceneClass?) -> String {
        let digits = String(index)
        let number = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        guard let sceneClass else { return "scene-" + number }
        let words = sceneClass.rawValue.split(separator: " ").joined(separator: "-")
        return "scene-" + number + "-" + words
    }
}
