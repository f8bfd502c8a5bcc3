/// Draws aeroplanes and ships.
enum SceneVehicles {
    /// An aeroplane on its apron: a jet airliner, a propeller plane or a delta-winged jet.
    static func drawPlane(_ sketch: inout SceneSketch, random: inout SceneRandom) {
        let a = sketch.placement.half.x
        let concrete = sceneColor(168, 166, 158)
        let (long, wide) = (a + 6.5, a + 5)
        sketch.onGround(
            .rectangle(.zero, SceneVector(long, wide)),
            ScenePaint(concrete, mottle: 6, grain: 3))
        for k in -2...2 {
            let t = Float(k) * a * 0.55
            for line in [
                ScenePath.line(SceneVector(t, -wide), SceneVector(t, wide), width: 0.4),
                ScenePath.line(SceneVector(-long, t), SceneVector(long, t), width: 0.4),
            ] {
                sketch.onGround(line, ScenePaint(concrete * 0.82, opacity: 0.6))
            }
        }
        sketch.onGround(
            .line(SceneVector(-long, 0), SceneVector(long, 0), width: 0.7),
            ScenePaint(sceneColor(214, 178, 66), opacity: 0.85))
        let kind = random.unit()
        if kind < 0.68 {
            drawAirliner(&sketch, a, random: &random)
        } else if kind < 0.88 {
            drawPropellerPlane(&sketch, a, random: &random)
        } else {
            drawDelta(&sketch, a, random: &random)
        }
    }

    private static func part(
        _ sketch: inout SceneSketch, _ path: ScenePath, _ paint: ScenePaint, height: Float
    ) {
        sketch.castShadow(ofFloating: path, height: height)
        sketch.add(path, paint)
    }

    private static func points(_ scale: Float, _ list: [(Float, Float)]) -> [SceneVector] {
        list.map { SceneVector($0.0, $0.1) * scale }
    }

    private static func pair(
        _ sketch: inout SceneSketch, _ half: [SceneVector], _ paint: ScenePaint, height: Float
    ) {
        part(&sketch, ScenePath(half), paint, height: height)
        part(
            &sketch, ScenePath(half.map { SceneVector($0.x, -$0.y) }.reversed()), paint,
            height: height)
    }

    private static func drawAirliner(
        _ sketch: inout SceneSketch, _ a: Float, random: inout SceneRandom
    ) {
        let white = random.varied(sceneColor(236, 237, 238), by: 7)
        let livery = random.pick([
            sceneColor(178, 44, 44), sceneColor(38, 72, 148), sceneColor(38, 110, 86),
            sceneColor(214, 132, 44), sceneColor(70, 72, 84),
        ])
        drawEngines(&sketch, a, ScenePaint(white * 0.72), random: &random)
        drawWings(&sketch, a, ScenePaint(white * 0.89))
        drawFuselage(&sketch, a, white)
        sketch.detail(.line(SceneVector(-0.62, 0) * a, SceneVector(-1, 0) * a, width: 1.5), livery)
        sketch.detail(
            .rectangle(x1: -0.99 * a, y1: -0.4 * a, x2: -0.9 * a, y2: 0.4 * a), livery,
            opacity: 0.55)
    }

    private static func drawEngines(
        _ sketch: inout SceneSketch, _ a: Float, _ paint: ScenePaint, random: inout SceneRandom
    ) {
        for y in random.chance(0.3) ? [Float(0.3), 0.55] : [Float(0.33)] {
            let x = 0.19 - (y - 0.33) * 0.66
            let pod = points(
                a,
                [
                    (x + 0.06, y - 0.045), (x + 0.06, y + 0.045), (x - 0.2, y + 0.04),
                    (x - 0.2, y - 0.04),
                ])
            pair(&sketch, pod, paint, height: 1.4)
        }
    }

    private static func drawWings(_ sketch: inout SceneSketch, _ a: Float, _ paint: ScenePaint) {
        pair(
            &sketch,
            points(
                a,
                [
                    (0.27, 0.03), (0.2, 0.09), (-0.2, 0.93), (-0.33, 0.93), (-0.13, 0.09),
                    (-0.13, 0.03),
                ]),
            paint, height: 2.2)
        pair(
            &sketch, points(a, [(-0.68, 0.02), (-0.9, 0.36), (-0.99, 0.36), (-0.9, 0.02)]), paint,
            height: 2.6)
    }

    private static func drawFuselage(
        _ sketch: inout SceneSketch, _ a: Float, _ white: SceneColor
    ) {
        let fuselage = ScenePath.mirrored(
            points(
                a,
                [
                    (1, 0.012), (0.96, 0.045), (0.88, 0.075), (0.78, 0.088), (-0.4, 0.088),
                    (-0.72, 0.062), (-0.96, 0.022),
                ]))
        part(&sketch, fuselage, ScenePaint(white), height: 2.4)
        let dark: Float = sketch.localSun.y > 0 ? -1 : 1
        sketch.detail(
            .rectangle(x1: -0.8 * a, y1: dark * 0.045 * a, x2: 0.85 * a, y2: dark * 0.1 * a),
            white * 0.78)
        sketch.detail(
            ScenePath(points(a, [(0.9, -0.05), (0.94, -0.03), (0.94, 0.03), (0.9, 0.05)])),
            sceneColor(48, 54, 66))
    }

    private static func drawPropellerPlane(
        _ sketch: inout SceneSketch, _ a: Float, random: inout SceneRandom
    ) {
        let color = random.varied(
            random.pick([
                sceneColor(238, 238, 236), sceneColor(232, 208, 92), sceneColor(206, 84, 70),
                sceneColor(196, 206, 222),
            ]), by: 7)
        let wing = ScenePaint(color * 0.93)
        pair(
            &sketch, points(a, [(0.36, 0.03), (0.34, 0.95), (0.12, 0.98), (0.06, 0.03)]), wing,
            height: 1.9)
        pair(
            &sketch, points(a, [(-0.68, 0.02), (-0.72, 0.36), (-0.9, 0.36), (-0.92, 0.02)]), wing,
            height: 1.4)
        let fuselage = ScenePath.mirrored(
            points(
                a,
                [(0.9, 0.02), (0.87, 0.09), (0.5, 0.115), (0, 0.11), (-0.5, 0.055), (-0.96, 0.025)])
        )
        part(&sketch, fuselage, ScenePaint(color), height: 1.9)
        sketch.detail(
            .rectangle(x1: 0.3 * a, y1: -0.09 * a, x2: 0.44 * a, y2: 0.09 * a),
            sceneColor(50, 58, 70))
        sketch.detail(
            .line(SceneVector(-0.98, 0) * a, SceneVector(-0.66, 0) * a, width: 1.2), color * 0.6)
        sketch.onGround(
            .rectangle(SceneVector(0.92, 0) * a, SceneVector(0.5, a * 0.24)),
            ScenePaint(sceneColor(70, 70, 70), opacity: 0.5))
        let stripe = random.pick([sceneColor(176, 40, 44), sceneColor(40, 66, 140)])
        for side in [Float(-1), 1] {
            sketch.detail(
                .rectangle(SceneVector(0.22, side * 0.88) * a, SceneVector(0.2 * a, 0.04 * a)),
                stripe)
        }
    }

    private static func drawDelta(
        _ sketch: inout SceneSketch, _ a: Float, random: inout SceneRandom
    ) {
        let gray = random.varied(sceneColor(134, 142, 148), by: 8)
        pair(
            &sketch,
            points(a, [(0.42, 0.05), (-0.42, 0.66), (-0.62, 0.66), (-0.66, 0.05)]),
            ScenePaint(gray * 0.92), height: 1.6)
        pair(
            &sketch, points(a, [(-0.62, 0.04), (-0.86, 0.36), (-0.98, 0.36), (-0.9, 0.04)]),
            ScenePaint(gray * 0.86), height: 1.6)
        let fuselage = ScenePath.mirrored(
            points(a, [(1, 0.01), (0.72, 0.06), (0.4, 0.1), (-0.6, 0.12), (-0.95, 0.09)]))
        part(&sketch, fuselage, ScenePaint(gray), height: 1.8)
        sketch.detail(.ellipse(SceneVector(0.55, 0) * a, SceneVector(0.14, 0.05) * a), gray * 0.4)
        sketch.detail(
            .rectangle(SceneVector(-0.92, 0) * a, SceneVector(0.06, 0.08) * a), gray * 0.5)
        for side in [Float(-1), 1] {
            sketch.detail(
                .line(
                    SceneVector(-0.5, side * 0.11) * a, SceneVector(-0.84, side * 0.15) * a,
                    width: 1),
                gray * 1.25)
        }
    }

    /// A container ship, tanker, bulk carrier or boat, with its wake.
    static func drawShip(_ sketch: inout SceneSketch, random: inout SceneRandom) {
        let half = sketch.placement.half
        let moving = random.chance(0.65)
        if moving { drawWake(&sketch, half, random: &random) }
        let outline: [(Float, Float)] = [
            (1, 0.03), (0.9, 0.36), (0.74, 0.72), (0.52, 0.95), (0.3, 1), (-0.86, 1), (-1, 0.82),
        ]
        let hull = ScenePath.mirrored(outline.map { SceneVector($0.0, $0.1) * half })
        let paint = random.varied(
            random.pick([
                sceneColor(120, 46, 42), sceneColor(50, 54, 62), sceneColor(42, 62, 98),
                sceneColor(206, 208, 206),
            ]), by: 8)
        sketch.castShadow(of: hull, height: 2)
        sketch.add(hull, ScenePaint(paint))
        let deck = ScenePath.mirrored(
            outline.map { SceneVector($0.0 * 0.95, $0.1 * 0.8) * half })
        if half.x < 19 {
            drawBoatDeck(&sketch, deck, half, random: &random)
            return
        }
        let deckColor = random.varied(
            random.pick([
                sceneColor(142, 84, 70), sceneColor(108, 122, 112), sceneColor(150, 148, 140),
            ]), by: 8)
        sketch.detail(deck, ScenePaint(deckColor, mottle: 5))
        switch random.integer(0...2) {
        case 0: drawContainers(&sketch, half, random: &random)
        case 1: drawTankerDeck(&sketch, half, deckColor)
        default: drawHatches(&sketch, half, deckColor)
        }
        drawBridge(&sketch, half)
    }

    private static func drawWake(
        _ sketch: inout SceneSketch, _ half: SceneVector, random: inout SceneRandom
    ) {
        let foam = sceneColor(222, 230, 228)
        let length = half.x * random.uniform(1, 2.2)
        let pieces = 9
        for k in 0..<pieces {
            let t = Float(k) / Float(pieces)
            let u = Float(k + 1) / Float(pieces)
            let x = (-half.x * 0.95 - length * t, -half.x * 0.95 - length * u)
            let y = (half.y * (0.75 + 0.5 * t), half.y * (0.75 + 0.5 * u))
            for (share, strength) in [(Float(1), Float(0.34)), (0.5, 0.3)] {
                sketch.onGround(
                    ScenePath([
                        SceneVector(x.0, -y.0 * share), SceneVector(x.1, -y.1 * share),
                        SceneVector(x.1, y.1 * share), SceneVector(x.0, y.0 * share),
                    ]),
                    ScenePaint(foam, opacity: strength * (1 - t), mottle: 42, grain: 14))
            }
        }
        for side in [Float(-1), 1] {
            sketch.onGround(
                ScenePath([
                    SceneVector(half.x * 1.03, 0), SceneVector(half.x * 0.4, side * half.y * 1.25),
                    SceneVector(-half.x * 0.9, side * half.y * 1.75),
                    SceneVector(half.x * 0.5, side * half.y * 0.9),
                ]), ScenePaint(foam, opacity: 0.5, mottle: 40, grain: 12))
        }
    }

    private static func drawBoatDeck(
        _ sketch: inout SceneSketch, _ deck: ScenePath, _ half: SceneVector,
        random: inout SceneRandom
    ) {
        let white = sceneColor(236, 236, 230)
        let planks = random.chance(0.4) ? sceneColor(186, 150, 108) : white * 0.93
        sketch.detail(deck, ScenePaint(planks))
        sketch.detail(
            .rectangle(
                x1: -half.x * 0.45, y1: -half.y * 0.6, x2: half.x * 0.25, y2: half.y * 0.6), white)
        sketch.detail(
            .rectangle(
                x1: half.x * 0.14, y1: -half.y * 0.55, x2: half.x * 0.32, y2: half.y * 0.55),
            sceneColor(54, 66, 82))
        sketch.detail(
            .rectangle(
                x1: -half.x * 0.9, y1: -half.y * 0.5, x2: -half.x * 0.55, y2: half.y * 0.5),
            planks * 0.72)
    }

    private static func drawContainers(
        _ sketch: inout SceneSketch, _ half: SceneVector, random: inout SceneRandom
    ) {
        let colors = [
            sceneColor(172, 62, 48), sceneColor(54, 92, 142), sceneColor(200, 140, 60),
            sceneColor(84, 130, 92), sceneColor(196, 196, 192), sceneColor(118, 58, 54),
        ]
        let bays = max(4, Int(half.x / 3.6))
        let rows = max(3, Int(half.y / 1.5))
        for bay in 0..<bays {
            let x = (-0.5 + 1.22 * Float(bay) / Float(bays)) * half.x
            for row in 0..<rows where random.chance(0.92) {
                let y = (-0.76 + 1.52 * Float(row) / Float(rows)) * half.y
                sketch.detail(
                    .rectangle(
                        x1: x, y1: y + 0.15, x2: x + 1.1 * half.x / Float(bays),
                        y2: y + 1.52 * half.y / Float(rows)),
                    random.varied(random.pick(colors), by: 10))
            }
        }
    }

    private static func drawTankerDeck(
        _ sketch: inout SceneSketch, _ half: SceneVector, _ deck: SceneColor
    ) {
        sketch.detail(
            .line(SceneVector(-half.x * 0.5, 0), SceneVector(half.x * 0.8, 0), width: 1.4),
            sceneColor(216, 210, 190))
        for k in 0..<5 {
            let x = (-0.4 + Float(k) * 0.25) * half.x
            sketch.detail(
                .line(SceneVector(x, -half.y * 0.72), SceneVector(x, half.y * 0.72), width: 0.6),
                deck * 0.66)
            sketch.detail(.circle(SceneVector(x + half.x * 0.1, half.y * 0.4), 0.9), deck * 1.3)
            sketch.detail(.circle(SceneVector(x + half.x * 0.1, -half.y * 0.4), 0.9), deck * 1.3)
        }
    }

    private static func drawHatches(
        _ sketch: inout SceneSketch, _ half: SceneVector, _ deck: SceneColor
    ) {
        for k in 0..<5 {
            let x = (-0.46 + Float(k) * 0.25) * half.x
            let hatch = ScenePath.rectangle(
                x1: x, y1: -half.y * 0.55, x2: x + half.x * 0.19, y2: half.y * 0.55)
            sketch.detail(hatch.shifted(by: sketch.localSun * -0.8), deck * 0.5)
            sketch.detail(hatch, deck * 1.28)
        }
    }

    private static func drawBridge(_ sketch: inout SceneSketch, _ half: SceneVector) {
        let white = sceneColor(238, 238, 233)
        let house = ScenePath.rectangle(
            x1: -half.x * 0.86, y1: -half.y * 0.82, x2: -half.x * 0.58, y2: half.y * 0.82)
        sketch.detail(
            house.shifted(by: sketch.localSun * -1.4), sceneColor(38, 38, 42), opacity: 0.5)
        sketch.detail(house, white)
        sketch.detail(
            .rectangle(
                x1: -half.x * 0.62, y1: -half.y * 0.8, x2: -half.x * 0.585, y2: half.y * 0.8),
            sceneColor(48, 58, 74))
        sketch.detail(
            .circle(SceneVector(-half.x * 0.75, 0), half.y * 0.26), sceneColor(60, 62, 68))
    }
}
