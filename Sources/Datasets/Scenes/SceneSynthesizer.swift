import Imaging

/// Draws pictures that look like aerial photographs, with exact masks and with questions.
///
/// A scene depends on the configuration, the seed and its index alone, and uses integer hashes and
/// basic arithmetic only: the same three give the same bytes on every machine.
///
/// ```swift
/// let synthesizer = try SceneSynthesizer(configuration: SceneConfiguration())
/// let scene = synthesizer.scene(seed: 7, index: 42)
/// let sample = try synthesizer.sample(for: scene)
/// ```
public struct SceneSynthesizer: Sendable {
    /// What is drawn and asked.
    public let configuration: SceneConfiguration

    /// A synthesizer for a checked configuration.
    ///
    /// - Throws: ``SceneConfigurationError``.
    public init(configuration: SceneConfiguration) throws(SceneConfigurationError) {
        try configuration.validate()
        self.configuration = configuration
    }

    /// The scene number `index`, at least 0, of a seed.
    public func scene(seed: UInt64, index: Int) -> Scene {
        var random = SceneRandom(seed: seed, index: UInt64(bitPattern: Int64(index)))
        let plan = SceneStage(configuration: configuration, random: &random)
        var canvas = SceneCanvas(side: configuration.side)
        plan.paint(on: &canvas, random: &random)
        let instances = SceneSynthesizer.instances(of: plan, on: canvas)
        let look = SceneSynthesizer.look(random: &random)
        let image = canvas.image(look: look, seed: UInt32(truncatingIfNeeded: random.next()))
        return Scene(
            index: index, image: image, instances: instances,
            askedClass: askedClass(among: instances, random: &random),
            questionSeed: random.next())
    }

    private static func instances(of plan: SceneStage, on canvas: SceneCanvas) -> [SceneInstance] {
        let items = plan.layout.items
        var found: [SceneInstance] = []
        for (item, mask) in zip(items, canvas.masks(count: items.count)) {
            guard let box = mask.boundingBox else { continue }
            found.append(SceneInstance(sceneClass: item.sceneClass, mask: mask, box: box))
        }
        return SceneClass.allCases.flatMap { sceneClass in
            found.filter { $0.sceneClass == sceneClass }
                .sorted { ($0.box.x1, $0.box.y1) < ($1.box.x1, $1.box.y1) }
        }
    }

    private func askedClass(
        among instances: [SceneInstance], random: inout SceneRandom
    ) -> SceneClass {
        let classes = configuration.classes
        let present = classes.filter { candidate in
            instances.contains { $0.sceneClass == candidate }
        }
        let absent = classes.filter { !present.contains($0) }
        let withoutTarget = random.chance(Float(configuration.noTargetShare))
        if present.isEmpty || (withoutTarget && !absent.isEmpty) { return random.pick(absent) }
        return random.pick(present)
    }

    private static func look(random: inout SceneRandom) -> SceneLook {
        let gain = random.uniform(0.9, 1.12)
        let offset = random.uniform(108, 126)
        let haze = random.uniform(-5, 5)
        return SceneLook(
            gain: SceneColor(gain, gain, gain * random.uniform(0.94, 1.03), 0),
            offset: SceneColor(offset - haze * 0.6, offset, offset + haze, 0),
            noise: random.uniform(1.5, 4))
    }
}

/// A scene before it is painted: its land, light, roads and objects.
struct SceneStage {
    let terrain: SceneTerrain
    let sun: SceneSun
    let roads: [SceneRoad]
    let layout: SceneLayout

    /// Draws everything at random; ships bring a sea with them.
    init(configuration: SceneConfiguration, random: inout SceneRandom) {
        let wanted = random.integer(configuration.classesPerScene)
        let classes = Array(random.shuffled(configuration.classes).prefix(wanted))
        let sea = classes.contains(.ship) || random.chance(0.07)
        let river = !sea && random.chance(0.14)
        let terrain = SceneTerrain(
            biome: random.pick([
                .grass, .grass, .grass, .drySoil, .drySoil, .sand, .forestFloor, .concrete,
            ]),
            water: sea || river ? SceneWater.random(sea: sea, random: &random) : nil,
            gridTurns: random.unit(), seed: UInt32(truncatingIfNeeded: random.next()))
        self.terrain = terrain
        sun = SceneSun(
            toward: direction(turns: random.unit()), reach: random.uniform(0.5, 1.15))
        roads = SceneRoads.lay(in: terrain, random: &random)
        var layout = SceneLayout(
            occupancy: SceneOccupancy(terrain: terrain, roads: roads),
            gridTurns: terrain.gridTurns)
        for sceneClass in classes {
            let crowded = random.chance(Float(configuration.crowdShare))
            let count = random.integer(
                crowded ? configuration.crowdInstances : configuration.instancesPerClass)
            layout.add(sceneClass, count: count, random: &random)
        }
        self.layout = layout
    }

    /// Whether a shape that belongs to a ship reaches over the shore, as the end of a wake may.
    private func isAshore(_ fill: SceneSketch.Fill) -> Bool {
        fill.path.contours.joined().contains { (terrain.water?.depth(at: $0) ?? -1) < 3 }
    }

    /// Paints land, water, roads, objects and trees, each shadow under what it does not fall on.
    func paint(on canvas: inout SceneCanvas, random: inout SceneRandom) {
        terrain.paintGround(on: &canvas, random: &random)
        terrain.paintFields(on: &canvas, random: &random)
        terrain.paintWater(on: &canvas)
        SceneRoads.paint(roads, terrain: terrain, sun: sun, on: &canvas, random: &random)
        let sketches = layout.items.enumerated().map { number, item in
            SceneSketch.drawing(item, id: number + 1, sun: sun, random: &random)
        }
        let trees = SceneTrees(
            biome: terrain.biome, random: &random, isFree: layout.occupancy.isFreeForTree)
        for (item, sketch) in zip(layout.items, sketches) {
            for fill in sketch.ground where item.sceneClass != .ship || !isAshore(fill) {
                canvas.fill(fill.path, fill.paint, role: fill.role)
            }
        }
        for sketch in sketches {
            for shadow in sketch.shadows { canvas.addShadow(shadow) }
        }
        canvas.castShadows(depth: 0.55, tint: sceneColor(2, 5, 12))
        for sketch in sketches {
            for fill in sketch.body { canvas.fill(fill.path, fill.paint, role: fill.role) }
        }
        trees.addShadows(sun: sun, to: &canvas)
        canvas.castShadows(depth: 0.5, tint: sceneColor(2, 5, 10))
        trees.paint(sun: sun, on: &canvas, random: &random)
    }
}
