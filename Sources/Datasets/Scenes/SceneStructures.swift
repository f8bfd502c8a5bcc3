/// Draws buildings, car parks and swimming pools.
enum SceneStructures {
    /// A building with a flat, gabled or hipped roof or an L-shaped plan.
    static func drawBuilding(_ sketch: inout SceneSketch, random: inout SceneRandom) {
        let half = sketch.placement.half
        sketch.onGround(
            .rectangle(.zero, half + 2.2),
            ScenePaint(
                random.pick([sceneColor(158, 152, 140), sceneColor(120, 128, 86)]), opacity: 0.6,
                mottle: 8))
        let kind = random.unit()
        if kind < 0.3 {
            drawGable(&sketch, half, random: &random)
        } else if kind < 0.48 {
            drawHip(&sketch, half, random: &random)
        } else if kind < 0.76 {
            drawFlat(
                &sketch, .zero, half, flatColor(&random), height: random.uniform(4, 10),
                random: &random)
        } else {
            drawL(&sketch, half, random: &random)
        }
    }

    private static func flatColor(_ random: inout SceneRandom) -> SceneColor {
        random.varied(
            random.pick([
                sceneColor(186, 184, 178), sceneColor(122, 120, 118), sceneColor(216, 213, 205),
                sceneColor(164, 148, 128), sceneColor(98, 102, 108),
            ]), by: 9)
    }

    private static func pitchedColor(_ random: inout SceneRandom) -> SceneColor {
        random.varied(
            random.pick([
                sceneColor(162, 84, 62), sceneColor(140, 72, 58), sceneColor(108, 108, 114),
                sceneColor(132, 100, 78), sceneColor(98, 118, 136), sceneColor(176, 110, 78),
            ]), by: 10)
    }

    private static func drawFlat(
        _ sketch: inout SceneSketch, _ center: SceneVector, _ half: SceneVector,
        _ color: SceneColor, height: Float, random: inout SceneRandom
    ) {
        let body = ScenePath.rectangle(center, half)
        sketch.castShadow(of: body, height: height)
        sketch.add(body, ScenePaint(color * 1.16, mottle: 2))
        finishFlat(&sketch, center, half, color, random: &random)
    }

    /// The sunken roof inside the rim, with the shadow of the rim and the machines on it.
    private static func finishFlat(
        _ sketch: inout SceneSketch, _ center: SceneVector, _ half: SceneVector,
        _ color: SceneColor, random: inout SceneRandom
    ) {
        let rim: Float = 1.2
        let inner = half - rim
        sketch.detail(.rectangle(center, inner), color * 0.6)
        let light = sketch.localSun * -0.75
        let floor = ScenePath.rectangle(
            x1: center.x - inner.x + max(light.x, 0), y1: center.y - inner.y + max(light.y, 0),
            x2: center.x + inner.x + min(light.x, 0), y2: center.y + inner.y + min(light.y, 0))
        sketch.detail(floor, ScenePaint(color, mottle: 7, grain: 3))
        for _ in 0..<random.integer(1...max(1, min(6, Int(half.x * half.y / 45)))) {
            let size = SceneVector(random.uniform(0.9, 2.4), random.uniform(0.9, 2))
            let place =
                center
                + SceneVector(
                    random.uniform(-0.7, 0.7) * inner.x, random.uniform(-0.7, 0.7) * inner.y)
            let box = ScenePath.rectangle(place, size)
            sketch.detail(box.shifted(by: sketch.localSun * -1.1), color * 0.5, opacity: 0.8)
            sketch.detail(box, random.chance(0.3) ? sceneColor(118, 138, 156) : color * 1.2)
        }
    }

    private static func drawGable(
        _ sketch: inout SceneSketch, _ half: SceneVector, random: inout SceneRandom
    ) {
        let color = pitchedColor(&random)
        let body = ScenePath.rectangle(.zero, half)
        sketch.castShadow(of: body, height: random.uniform(4, 7))
        sketch.add(body, ScenePaint(color))
        for side in [Float(-1), 1] {
            let tone = color * sketch.light(facing: SceneVector(0, side), steepness: 0.3)
            let slope = ScenePath.rectangle(
                x1: -half.x, y1: min(0, side * half.y), x2: half.x, y2: max(0, side * half.y))
            sketch.detail(
                slope,
                sketch.striped(
                    ScenePaint(tone, mottle: 4), tone * 0.9, period: 1.9, across: 0.25))
        }
        sketch.detail(
            .line(SceneVector(-half.x, 0), SceneVector(half.x, 0), width: 0.8), color * 1.35)
        sketch.detail(.frame(.zero, half, width: 0.5), color * 0.7, opacity: 0.7)
        let chimney = ScenePath.rectangle(
            SceneVector(random.uniform(-0.6, 0.6) * half.x, half.y * 0.3), SceneVector(0.9, 0.8))
        sketch.detail(chimney.shifted(by: sketch.localSun * -1.6), color * 0.45)
        sketch.detail(chimney, sceneColor(176, 160, 148))
    }

    private static func drawHip(
        _ sketch: inout SceneSketch, _ half: SceneVector, random: inout SceneRandom
    ) {
        let color = pitchedColor(&random)
        let body = ScenePath.rectangle(.zero, half)
        sketch.castShadow(of: body, height: random.uniform(4, 7))
        sketch.add(body, ScenePaint(color))
        let ridge = max(half.x - half.y, 0.3)
        let (a, b) = (SceneVector(-ridge, 0), SceneVector(ridge, 0))
        let corners = body.contours[0]
        let facets: [([SceneVector], SceneVector)] = [
            ([corners[0], corners[1], b, a], SceneVector(0, -1)),
            ([corners[1], corners[2], b], SceneVector(1, 0)),
            ([corners[2], corners[3], a, b], SceneVector(0, 1)),
            ([corners[3], corners[0], a], SceneVector(-1, 0)),
        ]
        for (points, normal) in facets {
            let tone = color * sketch.light(facing: normal, steepness: 0.3)
            sketch.detail(
                ScenePath(points),
                sketch.striped(
                    ScenePaint(tone, mottle: 4), tone * 0.92, period: 1.9,
                    across: normal.x == 0 ? 0.25 : 0))
        }
        for (from, to) in [
            (a, b), (corners[0], a), (corners[3], a), (corners[1], b), (corners[2], b),
        ] {
            sketch.detail(.line(from, to, width: 0.55), color * 1.3, opacity: 0.8)
        }
        sketch.detail(.frame(.zero, half, width: 0.5), color * 0.65, opacity: 0.7)
    }

    private static func drawL(
        _ sketch: inout SceneSketch, _ half: SceneVector, random: inout SceneRandom
    ) {
        let color = flatColor(&random)
        let height = random.uniform(4, 9)
        let width = half.y * random.uniform(0.7, 0.9)
        let wing = half.x * random.uniform(0.34, 0.5)
        let long = SceneVector(0, -half.y + width / 2)
        let longHalf = SceneVector(half.x, width / 2)
        let short = SceneVector(-half.x + wing / 2, 0)
        let shortHalf = SceneVector(wing / 2, half.y)
        for (center, size) in [(long, longHalf), (short, shortHalf)] {
            let body = ScenePath.rectangle(center, size)
            sketch.castShadow(of: body, height: height)
            sketch.add(body, ScenePaint(color * 1.16, mottle: 2))
        }
        finishFlat(&sketch, short, shortHalf, color, random: &random)
        finishFlat(&sketch, long, longHalf, color, random: &random)
        sketch.detail(
            .rectangle(
                x1: -half.x + 1.2, y1: -half.y + width - 3, x2: -half.x + wing - 1.2,
                y2: -half.y + width + 2),
            ScenePaint(color, mottle: 7, grain: 3))
    }

    /// Rows of stalls with cars.
    static func drawCarPark(_ sketch: inout SceneSketch, random: inout SceneRandom) {
        let half = sketch.placement.half
        let asphalt = random.varied(sceneColor(98, 98, 102), by: 10)
        sketch.onGround(
            .rectangle(.zero, half + 0.9), ScenePaint(sceneColor(176, 174, 166)))
        sketch.add(.rectangle(.zero, half), ScenePaint(asphalt, mottle: 6, grain: 3))
        let white = sceneColor(222, 222, 216)
        let fill = random.uniform(0.35, 0.85)
        let rows = max(1, Int(half.y * 2 / 17))
        let pitch = half.y * 2 / Float(rows)
        for row in 0..<rows {
            let middle = -half.y + (Float(row) + 0.5) * pitch
            for side in [Float(-1), 1] {
                let y = middle + side * (pitch / 2 - 3.4)
                let count = Int(half.x * 2 / 3.7)
                for k in 0...count {
                    let x = -half.x + 0.5 + Float(k) * 3.7
                    sketch.detail(
                        .line(SceneVector(x, y - 3), SceneVector(x, y + 3), width: 0.4), white,
                        opacity: 0.8)
                    guard k < count, random.chance(fill) else { continue }
                    let place = SceneVector(x + 1.85, y)
                    let parts = SceneCar.parts(
                        at: place, axis: SceneVector(0, side), shadow: sketch.localSun * -0.6,
                        random: &random)
                    for part in parts { sketch.detail(part.path, part.paint) }
                }
            }
        }
    }

    /// A rectangular, round-ended or kidney-shaped pool with its deck.
    static func drawPool(_ sketch: inout SceneSketch, random: inout SceneRandom) {
        let half = sketch.placement.half
        let deck = random.varied(sceneColor(214, 200, 178), by: 10)
        sketch.onGround(
            .rectangle(.zero, half + 4.2),
            sketch.striped(
                ScenePaint(deck, mottle: 5), deck * 0.93, period: 2.4, across: 0, hardness: 4))
        let color = random.varied(sceneColor(64, 178, 206), by: 10)
        let kind = random.unit()
        let outline: ScenePath =
            if kind < 0.5 {
                .rectangle(.zero, half)
            } else if kind < 0.75 {
                .stadium(half: half.x - half.y, radius: half.y)
            } else {
                .blob(.zero, half * 0.92, roughness: 0.16, count: 40, random: &random)
            }
        sketch.add(outline, ScenePaint(color, mottle: 16, grain: 4))
        sketch.detail(
            .ring(outline, outline.scaled(by: 0.9)), sceneColor(170, 222, 228), opacity: 0.8)
        sketch.detail(
            outline.scaled(by: 0.6).shifted(by: SceneVector(half.x * 0.2, 0)),
            ScenePaint(color * 0.84, opacity: 0.6, mottle: 14))
        if kind < 0.5, half.y > 6 {
            for k in 1..<4 {
                let y = -half.y + Float(k) * half.y / 2
                sketch.detail(
                    .line(SceneVector(-half.x + 1, y), SceneVector(half.x - 1, y), width: 0.5),
                    sceneColor(36, 84, 132), opacity: 0.7)
            }
        }
        drawSunshades(&sketch, half, random: &random)
    }

    private static func drawSunshades(
        _ sketch: inout SceneSketch, _ half: SceneVector, random: inout SceneRandom
    ) {
        for k in 0..<random.integer(2...5) {
            let x = -half.x + Float(k) * 4.6 + 1
            guard x < half.x else { break }
            let color = random.pick([
                sceneColor(236, 234, 228), sceneColor(206, 76, 66), sceneColor(236, 196, 86),
            ])
            sketch.onGround(
                .circle(SceneVector(x, half.y + 2.2) - sketch.localSun * 0.8, 1.6),
                ScenePaint(sceneColor(60, 56, 52), opacity: 0.4))
            sketch.onGround(.circle(SceneVector(x, half.y + 2.2), 1.6), ScenePaint(color))
        }
    }
}
