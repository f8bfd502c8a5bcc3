import Datasets
import Imaging
import Scenes
import Testing

@Suite("Scenes")
struct SceneTests {
    private func synthesizer(
        side: Int = 96, _ change: (inout SceneConfiguration) -> Void = { _ in }
    ) throws -> SceneSynthesizer {
        var configuration = SceneConfiguration()
        configuration.side = side
        change(&configuration)
        return try SceneSynthesizer(configuration: configuration)
    }

    @Test("the same seed and index give the same scene, another seed or index another one")
    func repeats() throws {
        let first = try synthesizer().scene(seed: 5, index: 3)
        let again = try synthesizer().scene(seed: 5, index: 3)
        #expect(first == again)
        #expect(try synthesizer().scene(seed: 6, index: 3).image != first.image)
        #expect(try synthesizer().scene(seed: 5, index: 4).image != first.image)
    }

    /// Equality within a process would hide a dependence on the machine's mathematics library.
    @Test("a known scene has known bytes on every machine")
    func knownBytes() throws {
        let scene = try synthesizer(side: 224).scene(seed: 2, index: 5)
        var hash = StableHash()
        for byte in scene.image.pixels { hash.combine(UInt64(byte)) }
        for instance in scene.instances {
            for word in instance.mask.words { hash.combine(word) }
        }
        #expect(hash.value == 8_550_204_849_411_563_290)
    }

    @Test("a scene does not depend on the scenes drawn before it")
    func indexIndependence() throws {
        let synthesizer = try synthesizer()
        let forwards = (0..<6).map { synthesizer.scene(seed: 9, index: $0) }
        let backwards = (0..<6).reversed().map { synthesizer.scene(seed: 9, index: $0) }
        #expect(forwards == backwards.reversed())
    }

    @Test("the side changes the resolution and not what is shown")
    func sideKeepsContent() throws {
        let small = try synthesizer(side: 112).scene(seed: 3, index: 8)
        let large = try synthesizer(side: 448).scene(seed: 3, index: 8)
        #expect(small.instances.map(\.sceneClass) == large.instances.map(\.sceneClass))
        #expect(small.askedClass == large.askedClass)
        for (a, b) in zip(small.instances, large.instances) {
            #expect(abs(a.box.x1 * 4 - b.box.x1) <= 6)
            #expect(abs(a.box.y2 * 4 - b.box.y2) <= 6)
        }
    }

    @Test("masks are not empty, do not overlap, and their boxes are tight")
    func masksAreDisjoint() throws {
        let synthesizer = try synthesizer(side: 224)
        for index in 0..<40 {
            let scene = synthesizer.scene(seed: 1, index: index)
            #expect(!scene.instances.isEmpty)
            var union = BinaryMask(width: 224, height: 224)
            for instance in scene.instances {
                #expect(instance.mask.count >= 40, "\(instance.sceneClass) of scene \(index)")
                #expect(union.intersectionCount(instance.mask) == 0)
                union.formUnion(instance.mask)
                #expect(instance.box == bounds(of: instance.mask))
            }
            #expect(union.count == scene.instances.reduce(0) { $0 + $1.mask.count })
        }
    }

    private func bounds(of mask: BinaryMask) -> Box {
        let inside = (0..<mask.height).flatMap { y in
            (0..<mask.width).filter { mask[$0, y] }.map { Point(x: Double($0), y: Double(y)) }
        }
        return Box(
            x1: inside.map(\.x).min() ?? -1, y1: inside.map(\.y).min() ?? -1,
            x2: (inside.map(\.x).max() ?? -1) + 1, y2: (inside.map(\.y).max() ?? -1) + 1)
    }

    @Test("every class appears, and never more classes or objects than the configuration allows")
    func countsAreAsConfigured() throws {
        let synthesizer = try synthesizer { $0.crowdShare = 0.2 }
        var seen: Set<SceneClass> = []
        var crowds = 0
        for index in 0..<60 {
            let scene = synthesizer.scene(seed: 4, index: index)
            seen.formUnion(scene.presentClasses)
            #expect((1...4).contains(scene.presentClasses.count))
            for sceneClass in scene.presentClasses {
                let count = scene.instances(of: sceneClass).count
                #expect((1...5).contains(count))
                if count > 3 { crowds += 1 }
            }
        }
        #expect(seen == Set(SceneClass.allCases))
        #expect(crowds > 0)
    }

    @Test("only the configured classes are drawn and asked for")
    func classesAreAsConfigured() throws {
        let synthesizer = try synthesizer { $0.classes = [.pond, .plane, .storageTank] }
        for index in 0..<20 {
            let scene = synthesizer.scene(seed: 8, index: index)
            let allowed: Set<SceneClass> = [.pond, .plane, .storageTank]
            #expect(allowed.isSuperset(of: scene.presentClasses + [scene.askedClass]))
        }
    }

    @Test("the configured share of scenes asks for a class that is absent")
    func noTargetShare() throws {
        func absent(_ share: Double) throws -> Int {
            let synthesizer = try synthesizer(side: 64) { $0.noTargetShare = share }
            return (0..<250).count { index in
                let scene = synthesizer.scene(seed: 12, index: index)
                return scene.mask(of: scene.askedClass).isEmpty
            }
        }
        #expect(try absent(0) == 0)
        #expect((15...38).contains(try absent(0.1)))
        #expect(try absent(1) == 250)
    }

    @Test("a configuration that cannot be drawn is refused by the name of its field")
    func refusesBadConfigurations() {
        let changes: [(String, (inout SceneConfiguration) -> Void)] = [
            ("side", { $0.side = 16 }), ("classes", { $0.classes = [] }),
            ("classes", { $0.classes = [.pond, .pond] }),
            ("classesPerScene", { $0.classesPerScene = 0...2 }),
            ("instancesPerClass", { $0.instancesPerClass = 0...1 }),
            ("crowdInstances", { $0.crowdInstances = 4...40 }),
            ("noTargetShare", { $0.noTargetShare = 1.5 }),
            ("crowdShare", { $0.crowdShare = -.infinity }),
            ("questionsPerSample", { $0.questionsPerSample = 0 }),
        ]
        for (field, change) in changes {
            let error = #expect(throws: SceneConfigurationError.self) {
                _ = try synthesizer(side: 96, change)
            }
            #expect(error?.field == field)
            #expect(error?.description.contains("`\(field)`") == true)
        }
    }
}
