/// Draws sports fields, ponds and crop circles.
enum SceneLand {
    private static let line = sceneColor(236, 238, 230)

    /// One of five kinds of field with its markings.
    static func drawSportsField(_ sketch: inout SceneSketch, random: inout SceneRandom) {
        let half = sketch.placement.half
        let kind = random.unit()
        if kind < 0.3 {
            sketch.add(.rectangle(.zero, half), ScenePaint(sceneColor(96, 134, 66), mottle: 5))
            drawPitch(&sketch, half, random: &random)
        } else if kind < 0.6 {
            drawTrack(&sketch, half, random: &random)
        } else if kind < 0.8 || half.y < 13 {
            drawTennis(&sketch, half, random: &random)
        } else {
            drawBaseball(&sketch, min(half.x, half.y * 0.78), random: &random)
        }
    }

    /// Mown stripes and the lines of a football pitch inside `half`.
    private static func drawPitch(
        _ sketch: inout SceneSketch, _ half: SceneVector, random: inout SceneRandom
    ) {
        let green = random.varied(sceneColor(92, 138, 66), by: 8)
        sketch.detail(
            .rectangle(.zero, half),
            sketch.striped(
                ScenePaint(green, mottle: 4, grain: 3), green * 1.14, period: half.x / 4,
                across: 0, hardness: 5))
        let inner = half * 0.92
        let width: Float = 0.75
        sketch.detail(.frame(.zero, inner, width: width), line)
        sketch.detail(.line(SceneVector(0, -inner.y), SceneVector(0, inner.y), width: width), line)
        let circle = inner.y * 0.3
        sketch.detail(.ring(.circle(.zero, circle), .circle(.zero, circle - width)), line)
        sketch.detail(.circle(.zero, 0.8), line)
        for side in [Float(-1), 1] {
            for (depth, breadth) in [(Float(0.16), Float(0.55)), (0.06, 0.26)] {
                let box = SceneVector(inner.x * depth, inner.y * breadth)
                sketch.detail(
                    .frame(SceneVector(side * (inner.x - box.x), 0), box, width: width), line)
            }
        }
    }

    private static func drawTrack(
        _ sketch: inout SceneSketch, _ half: SceneVector, random: inout SceneRandom
    ) {
        let radius = half.y
        let straight = max(half.x - half.y, 2)
        let tartan = random.varied(
            random.pick([
                sceneColor(172, 88, 62), sceneColor(172, 88, 62), sceneColor(88, 112, 152),
            ]),
            by: 8)
        sketch.onGround(
            .stadium(half: straight, radius: radius + 2),
            ScenePaint(sceneColor(126, 138, 88), opacity: 0.7, mottle: 8))
        sketch.add(
            .stadium(half: straight, radius: radius), ScenePaint(tartan, mottle: 4, grain: 3))
        let width = radius * 0.3
        for k in 0...4 {
            let r = radius - 0.3 - width * Float(k) / 4
            sketch.detail(
                .ring(
                    .stadium(half: straight, radius: r), .stadium(half: straight, radius: r - 0.5)),
                line, opacity: k == 0 || k == 4 ? 0.95 : 0.55)
        }
        let inner = radius - width - 0.8
        let green = random.varied(sceneColor(100, 140, 72), by: 8)
        sketch.detail(
            .stadium(half: straight, radius: inner), ScenePaint(green, mottle: 6, grain: 3))
        let pitch = SceneVector(
            min(straight + inner * 0.25, straight * 1.25), inner * 0.82)
        drawPitch(&sketch, pitch, random: &random)
    }

    private static func drawTennis(
        _ sketch: inout SceneSketch, _ half: SceneVector, random: inout SceneRandom
    ) {
        let colors = random.pick([
            (sceneColor(74, 122, 92), sceneColor(56, 98, 150)),
            (sceneColor(66, 112, 78), sceneColor(172, 94, 70)),
            (sceneColor(178, 104, 76), sceneColor(178, 104, 76)),
            (sceneColor(170, 92, 72), sceneColor(70, 122, 88)),
        ])
        sketch.add(.rectangle(.zero, half), ScenePaint(random.varied(colors.0, by: 7), mottle: 4))
        let courts = half.x > half.y * 1.5 ? 2 : 1
        for k in 0..<courts {
            let span = half.x / Float(courts)
            let middle = SceneVector(-half.x + span * Float(2 * k + 1), 0)
            let court = SceneVector(span * 0.66, half.y * 0.8)
            let w: Float = 0.6
            sketch.detail(.rectangle(middle, court), ScenePaint(colors.1, mottle: 3))
            sketch.detail(.frame(middle, court, width: w), line)
            for side in [Float(-1), 1] {
                let x = middle.x + side * court.x * 0.74
                sketch.detail(
                    .line(SceneVector(x, -court.y), SceneVector(x, court.y), width: w), line)
                sketch.detail(
                    .line(
                        SceneVector(middle.x - court.x * 0.74, side * court.y * 0.52),
                        SceneVector(middle.x + court.x * 0.74, side * court.y * 0.52), width: w),
                    line)
            }
            sketch.detail(
                .line(
                    SceneVector(middle.x, -court.y * 0.52), SceneVector(middle.x, court.y * 0.52),
                    width: w), line)
            let net = SceneVector(court.x * 1.08, 0)
            sketch.detail(
                .line(middle - net, middle + net, width: 0.9), sceneColor(44, 48, 50))
        }
    }

    private static func drawBaseball(
        _ sketch: inout SceneSketch, _ r: Float, random: inout SceneRandom
    ) {
        let home = SceneVector(-r * 0.9, 0)
        let green = random.varied(sceneColor(98, 138, 68), by: 8)
        let dirt = random.varied(sceneColor(184, 138, 98), by: 7)
        let fan = ScenePath.sector(home, radius: r * 1.85, from: -0.125, to: 0.125)
        sketch.add(fan, ScenePaint(dirt, mottle: 6, grain: 3))
        sketch.detail(
            .sector(
                home + SceneVector(r * 0.07, 0), radius: r * 1.7, from: -0.122, to: 0.122),
            sketch.striped(
                ScenePaint(green, mottle: 4, grain: 3), green * 1.13, period: r * 0.3, across: 0.12,
                hardness: 5))
        sketch.detail(
            .sector(home, radius: r * 0.92, from: -0.125, to: 0.125), ScenePaint(dirt, mottle: 6))
        let base = r * 0.4
        let diamond = [
            home + SceneVector(r * 0.13, 0), home + SceneVector(base + r * 0.05, base * 0.84),
            home + SceneVector(base * 1.9, 0), home + SceneVector(base + r * 0.05, -base * 0.84),
        ]
        sketch.detail(ScenePath(diamond), ScenePaint(green * 1.06, mottle: 4))
        sketch.detail(.circle(home + SceneVector(base, 0), r * 0.07), dirt)
        for side in [Float(-1), 1] {
            let end = home + direction(turns: side * 0.124) * (r * 1.8)
            sketch.detail(.line(home, end, width: 0.7), line)
        }
        for corner in diamond { sketch.detail(.circle(corner, 0.9), line) }
        sketch.detail(.circle(home + SceneVector(r * 0.08, 0), r * 0.08), dirt)
    }

    /// A pond with its banks.
    static func drawPond(_ sketch: inout SceneSketch, random: inout SceneRandom) {
        let half = sketch.placement.half
        let water = random.varied(
            random.pick([
                sceneColor(46, 74, 82), sceneColor(58, 82, 66), sceneColor(38, 58, 72),
                sceneColor(84, 96, 76),
            ]), by: 7)
        let outline = ScenePath.blob(
            .zero, half * 0.84, roughness: 0.13, count: 56, random: &random)
        let bank = random.varied(
            random.pick([sceneColor(84, 92, 54), sceneColor(150, 134, 104)]), by: 8)
        sketch.onGround(outline.scaled(by: 1.13), ScenePaint(bank, opacity: 0.6, mottle: 14))
        sketch.onGround(outline.scaled(by: 1.06), ScenePaint(bank * 0.8, opacity: 0.8, mottle: 12))
        sketch.add(outline, ScenePaint(water, mottle: 5, grain: 2))
        sketch.detail(
            .ring(outline, outline.scaled(by: 0.9)),
            ScenePaint(blend(water, bank, 0.45), opacity: 0.55, mottle: 8))
        for (size, opacity) in [(Float(0.8), Float(0.25)), (0.62, 0.3), (0.42, 0.3)] {
            sketch.detail(
                outline.scaled(by: size), ScenePaint(water * 0.8, opacity: opacity, mottle: 6))
        }
        for _ in 0..<3 {
            let y = half.y * random.uniform(-0.5, 0.5)
            let x = half.x * random.uniform(-0.5, 0.2)
            sketch.detail(
                .ellipse(
                    SceneVector(x, y), SceneVector(half.x * random.uniform(0.1, 0.3), 0.9)),
                sceneColor(166, 188, 196), opacity: 0.16)
        }
        for _ in 0..<random.integer(2...7) {
            let corner = random.pick(outline.contours[0])
            sketch.onGround(
                .circle(corner * 1.08, random.uniform(1, 2.2)),
                ScenePaint(sceneColor(70, 88, 46), mottle: 14))
        }
    }

    /// A round field with wheel tracks, sectors of different crops and the pivot's arm.
    static func drawCropCircle(_ sketch: inout SceneSketch, random: inout SceneRandom) {
        let r = sketch.placement.half.x
        let greens = [
            sceneColor(84, 124, 62), sceneColor(68, 104, 58), sceneColor(122, 142, 76),
            sceneColor(104, 132, 64),
        ]
        let others = greens + [sceneColor(168, 150, 104), sceneColor(132, 108, 78)]
        let first = random.varied(random.pick(greens), by: 9)
        sketch.onGround(
            .circle(.zero, r + 1.1),
            ScenePaint(sceneColor(178, 160, 124), opacity: 0.65, mottle: 8))
        sketch.add(.circle(.zero, r), rings(first, r, sketch))
        var start = random.unit()
        for _ in 0..<random.pick([0, 1, 1, 2]) {
            let end = start + random.uniform(0.15, 0.42)
            let color = random.varied(random.pick(others), by: 9)
            sketch.detail(.sector(radius: r, from: start, to: end), rings(color, r, sketch))
            start = end
        }
        let towers = max(3, Int(r / 7))
        for k in 1...towers {
            let at = r * Float(k) / Float(towers) - 0.8
            sketch.detail(
                .ring(.circle(.zero, at), .circle(.zero, at - 0.55)), sceneColor(158, 146, 104),
                opacity: 0.5)
        }
        let arm = direction(turns: start)
        sketch.detail(.line(.zero, arm * r, width: 0.8), sceneColor(228, 230, 226))
        for k in 1...towers {
            sketch.detail(
                .circle(arm * (r * Float(k) / Float(towers) - 1), 0.9), sceneColor(214, 216, 212))
        }
        let road = direction(turns: random.unit())
        sketch.detail(.line(.zero, road * r, width: 0.9), sceneColor(170, 154, 118), opacity: 0.7)
        sketch.detail(.circle(.zero, 1.5), sceneColor(196, 184, 156))
    }

    private static func rings(_ color: SceneColor, _ r: Float, _ sketch: SceneSketch) -> ScenePaint
    {
        var paint = ScenePaint(color, mottle: 8, grain: 4)
        paint.pattern = .rings(perUnit: 0.42)
        paint.second = color * 0.88
        paint.origin = sketch.placement.center
        return paint
    }
}
