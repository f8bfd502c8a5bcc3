import Datasets
import Imaging
import Scenes
import Testing

@Suite("Scene questions")
struct SceneQuestionTests {
    @Test("each class has at least eight implicit phrasings, in two families that share none")
    func familiesAreDisjoint() {
        var all: [String] = []
        for sceneClass in SceneClass.allCases {
            let first = SceneQuestions.phrasings(for: sceneClass, style: .implicitA)
            let second = SceneQuestions.phrasings(for: sceneClass, style: .implicitB)
            #expect(first.count + second.count >= 8)
            #expect(first.count >= 4 && second.count >= 4)
            #expect(Set(first).isDisjoint(with: second))
            all += SceneQuestions.phrasings(for: sceneClass, style: .mixed)
        }
        // A phrasing of two classes would have two answers.
        #expect(Set(all).count == all.count)
    }

    @Test("explicit questions name the class and implicit ones do not")
    func namesTheClass() {
        for sceneClass in SceneClass.allCases {
            for question in SceneQuestions.phrasings(for: sceneClass, style: .explicit) {
                #expect(question.contains(sceneClass.singular))
            }
            for style in [SceneQuestionStyle.implicitA, .implicitB] {
                for question in SceneQuestions.phrasings(for: sceneClass, style: style) {
                    #expect(!question.lowercased().contains(sceneClass.singular), "\(question)")
                    #expect(question.hasSuffix("?"))
                }
            }
        }
    }

    @Test("answers count the objects in words")
    func answersCount() {
        #expect(
            SceneQuestions.answer(for: .storageTank, count: 2) == "The two storage tanks.")
        #expect(SceneQuestions.answer(for: .ship, count: 1) == "The ship.")
        #expect(SceneQuestions.answer(for: .pond, count: 13) == "The 13 ponds.")
        #expect(SceneQuestions.answer(for: .plane, count: 0) == "There is no plane in the image.")
    }

    @Test("a sample's questions ask for the objects of its mask, in the configured style")
    func questionsAgreeWithMask() throws {
        var configuration = SceneConfiguration()
        configuration.side = 64
        configuration.noTargetShare = 0.3
        configuration.questionStyle = .implicitA
        let synthesizer = try SceneSynthesizer(configuration: configuration)
        for index in 0..<30 {
            let scene = synthesizer.scene(seed: 21, index: index)
            let sample = try synthesizer.sample(for: scene)
            let phrasings = SceneQuestions.phrasings(for: scene.askedClass, style: .implicitA)
            #expect(!sample.questions.isEmpty && sample.questions.count <= 6)
            #expect(Set(sample.questions).count == sample.questions.count)
            #expect(Set(phrasings).isSuperset(of: sample.questions))
            let targets = scene.instances.filter { $0.sceneClass == scene.askedClass }
            #expect(sample.mask.count == targets.reduce(0) { $0 + $1.mask.count })
            #expect(sample.answers.isEmpty == targets.isEmpty)
            #expect(sample.isEmptyTarget == targets.isEmpty)
            #expect(sample.instances?.filter(\.isTarget).count == targets.count)
            #expect(sample.instances?.count == scene.instances.count)
        }
    }

    @Test("unrelated questions tell nothing of the target, and leave picture and mask alone")
    func unrelatedQuestions() throws {
        var configuration = SceneConfiguration.small
        configuration.side = 64
        configuration.questionStyle = .implicitB
        let related = try SceneSynthesizer(configuration: configuration)
        configuration.hasUnrelatedQuestions = true
        let unrelated = try SceneSynthesizer(configuration: configuration)
        var (matching, total) = (0, 0)
        for index in 0..<60 {
            let scene = unrelated.scene(seed: 4, index: index)
            let sample = try unrelated.sample(for: scene)
            let own = Set(SceneQuestions.phrasings(for: scene.askedClass, style: .implicitB))
            matching += sample.questions.count { own.contains($0) }
            total += sample.questions.count
            #expect(
                try sample.mask == related.sample(for: related.scene(seed: 4, index: index)).mask)
        }
        // One in eight by chance: 360 draws stay between 2 % and 25 % whatever the seed.
        #expect((7...90).contains(matching) && total == 360)
    }

    @Test("a sample holds the scene's picture and is named by its index")
    func sampleHoldsPicture() throws {
        var configuration = SceneConfiguration()
        configuration.side = 64
        let synthesizer = try SceneSynthesizer(configuration: configuration)
        let scene = synthesizer.scene(seed: 1, index: 42)
        let sample = try synthesizer.sample(for: scene)
        #expect(sample.id == "scene-000042")
        #expect(try ImageCodec.decode(sample.image, name: sample.id) == scene.image)
        #expect(sample.frame == .square(64))
    }

    @Test("a scene can be asked for any class, and the name of the sample says which")
    func otherConcepts() throws {
        let synthesizer = try SceneSynthesizer(configuration: SceneConfiguration())
        let scene = synthesizer.scene(seed: 1, index: 7)
        let absent = try #require(SceneClass.allCases.first { !scene.presentClasses.contains($0) })
        let sample = try synthesizer.sample(for: scene, asking: absent, style: .explicit)
        #expect(sample.mask.isEmpty && sample.answers.isEmpty)
        #expect(sample.questions.allSatisfy { $0.contains(absent.singular) })
        let named = try synthesizer.sample(for: scene, asking: .storageTank)
        #expect(named.id == "scene-000007-storage-tank")
    }
}
