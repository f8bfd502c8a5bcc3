/// A road or track through the scene.
struct SceneRoad {
    /// Its middle line, from outside the picture to outside the picture.
    var line: [SceneVector]
    /// Half its width.
    var halfWidth: Float
    /// Whether it is paved and marked.
    var paved: Bool
}

/// Lays and paints roads.
enum SceneRoads {
    /// Up to two roads that keep out of the sea and cross rivers only where they are in the way.
    static func lay(in terrain: SceneTerrain, random: inout SceneRandom) -> [SceneRoad] {
        var roads: [SceneRoad] = []
        let wanted = random.pick([0, 1, 1, 1, 2])
        for number in 0..<wanted {
            let turns = terrain.gridTurns + (number == 1 ? 0.25 : 0)
            if let road = candidate(in: terrain, turns: turns, random: &random) {
                roads.append(road)
            }
        }
        return roads
    }

    private static func candidate(
        in terrain: SceneTerrain, turns: Float, random: inout SceneRandom
    ) -> SceneRoad? {
        let paved = random.chance(0.75)
        for _ in 0..<10 {
            let axis = direction(turns: turns + random.uniform(-0.03, 0.03))
            let normal = SceneVector(-axis.y, axis.x)
            let offset = random.uniform(-85, 85)
            let bend = random.chance(0.5) ? 0 : random.uniform(-26, 26)
            let line: [SceneVector] = (0...26).map { k in
                let t = (Float(k) - 13) * 13
                let bow = bend * (1 - (t / 169) * (t / 169))
                return SceneVector(112, 112) + axis * t + normal * (offset + bow)
            }
            let wet = line.filter { p in
                p.x > -4 && p.y > -4 && p.x < 228 && p.y < 228
                    && (terrain.water?.depth(at: p) ?? -99) > -7
            }
            let limit = terrain.water?.halfWidth == nil ? 0 : 5
            if wet.count <= limit {
                let halfWidth = paved ? random.uniform(3.4, 5.6) : random.uniform(1.5, 2.4)
                return SceneRoad(line: line, halfWidth: halfWidth, paved: paved)
            }
        }
        return nil
    }

    /// Paints the roads, their marks and the cars on them.
    static func paint(
        _ roads: [SceneRoad], terrain: SceneTerrain, sun: SceneSun, on canvas: inout SceneCanvas,
        random: inout SceneRandom
    ) {
        let asphalt = random.varied(sceneColor(104, 104, 106), by: 14)
        for road in roads {
            paintBridge(of: road, terrain: terrain, sun: sun, on: &canvas)
            if road.paved {
                let verge = ScenePath.band(
                    along: road.line, from: -road.halfWidth - 1.3, to: road.halfWidth + 1.3)
                canvas.fill(
                    verge, ScenePaint(sceneColor(150, 144, 124), opacity: 0.75, mottle: 8),
                    role: .scenery)
            }
        }
        for road in roads {
            let surface = ScenePath.band(
                along: road.line, from: -road.halfWidth, to: road.halfWidth)
            guard road.paved else {
                canvas.fill(
                    surface, ScenePaint(sceneColor(182, 163, 130), opacity: 0.85, mottle: 12),
                    role: .scenery)
                canvas.fill(
                    ScenePath.band(along: road.line, from: -0.4, to: 0.4),
                    ScenePaint(sceneColor(132, 124, 90), opacity: 0.6), role: .scenery)
                continue
            }
            canvas.fill(surface, ScenePaint(asphalt, mottle: 5, grain: 3), role: .scenery)
        }
        for road in roads where road.paved {
            paintMarks(of: road, on: &canvas)
        }
        for road in roads where road.paved {
            paintCars(on: road, sun: sun, canvas: &canvas, random: &random)
        }
    }

    private static func paintBridge(
        of road: SceneRoad, terrain: SceneTerrain, sun: SceneSun, on canvas: inout SceneCanvas
    ) {
        guard road.paved, let water = terrain.water else { return }
        let inside = road.line.indices.filter { water.depth(at: road.line[$0]) > -3 }
        guard let first = inside.first, let last = inside.last else { return }
        let span = Array(road.line[max(0, first - 1)...min(last + 1, road.line.count - 1)])
        canvas.addShadow(
            ScenePath.band(along: span, from: -road.halfWidth - 1.5, to: road.halfWidth + 1.5)
                .shifted(by: sun.shadow(height: 3)))
        canvas.castShadows(depth: 0.5, tint: .zero)
        canvas.fill(
            ScenePath.band(along: span, from: -road.halfWidth - 1.8, to: road.halfWidth + 1.8),
            ScenePaint(sceneColor(190, 188, 180)), role: .scenery)
    }

    private static func paintMarks(of road: SceneRoad, on canvas: inout SceneCanvas) {
        let white = ScenePaint(sceneColor(222, 220, 208), opacity: 0.75)
        for edge in [-road.halfWidth + 0.7, road.halfWidth - 0.7] {
            canvas.fill(
                ScenePath.band(along: road.line, from: edge - 0.22, to: edge + 0.22), white,
                role: .scenery)
        }
        for k in 0..<road.line.count - 1 {
            let step = road.line[k + 1] - road.line[k]
            for part in [Float(0.1), 0.6] {
                canvas.fill(
                    ScenePath.line(
                        road.line[k] + step * part, road.line[k] + step * (part + 0.25),
                        width: 0.6),
                    white, role: .scenery)
            }
        }
    }

    private static func paintCars(
        on road: SceneRoad, sun: SceneSun, canvas: inout SceneCanvas, random: inout SceneRandom
    ) {
        for _ in 0..<random.integer(1...7) {
            let k = random.integer(1...road.line.count - 2)
            let along = road.line[k + 1] - road.line[k]
            let axis = along / dot(along, along).squareRoot()
            let normal = SceneVector(-axis.y, axis.x)
            let lane = road.halfWidth * (random.chance(0.5) ? 0.5 : -0.5)
            let center = road.line[k] + along * random.unit() + normal * lane
            let parts = SceneCar.parts(
                at: center, axis: axis, shadow: sun.shadow(height: 0.8), random: &random)
            for part in parts { canvas.fill(part.path, part.paint, role: .scenery) }
        }
    }
}

/// A car of about 5 by 2.4 units.
enum SceneCar {
    /// A shape with its paint.
    struct Part {
        var path: ScenePath
        var paint: ScenePaint
    }

    /// Shadow, body, windows and roof of a car whose shadow falls by `shadow`.
    static func parts(
        at center: SceneVector, axis: SceneVector, shadow: SceneVector,
        random: inout SceneRandom
    ) -> [Part] {
        let color = random.varied(
            random.pick([
                sceneColor(225, 225, 224), sceneColor(190, 192, 196), sceneColor(58, 60, 66),
                sceneColor(160, 42, 38), sceneColor(46, 76, 130), sceneColor(110, 112, 116),
            ]), by: 10)
        let place = { (p: SceneVector) in
            center + axis * p.x + SceneVector(-axis.y, axis.x) * p.y
        }
        let outline = ScenePath.rectangle(.zero, SceneVector(2.6, 1.35)).mapped(place)
        return [
            Part(
                path: outline.shifted(by: shadow),
                paint: ScenePaint(sceneColor(40, 40, 44), opacity: 0.45)),
            Part(
                path: ScenePath.rectangle(.zero, SceneVector(2.5, 1.15)).mapped(place),
                paint: ScenePaint(color)),
            Part(
                path: ScenePath.rectangle(SceneVector(-0.2, 0), SceneVector(1.35, 0.8))
                    .mapped(place),
                paint: ScenePaint(sceneColor(52, 60, 70), opacity: 0.75)),
            Part(
                path: ScenePath.rectangle(SceneVector(-0.3, 0), SceneVector(0.75, 0.8))
                    .mapped(place),
                paint: ScenePaint(color)),
        ]
    }
}
