/// Draws storage tanks, greenhouses, solar farms and wind turbines.
enum SceneIndustry {
    /// A tank with a cone roof or a floating roof, on a gravel pad.
    static func drawTank(_ sketch: inout SceneSketch, random: inout SceneRandom) {
        let r = sketch.placement.half.x
        let base = random.varied(
            random.pick([
                sceneColor(226, 226, 221), sceneColor(206, 208, 208), sceneColor(235, 232, 222),
                sceneColor(176, 148, 126), sceneColor(186, 198, 178),
            ]), by: 8)
        let pad = random.varied(sceneColor(158, 150, 134), by: 12)
        sketch.onGround(.circle(.zero, r * 1.3), ScenePaint(pad, opacity: 0.9, mottle: 9, grain: 5))
        sketch.onGround(
            .ring(.circle(.zero, r * 1.3), .circle(.zero, r * 1.3 - 0.8)),
            ScenePaint(pad * 1.2, opacity: 0.8))
        let body = ScenePath.circle(.zero, r)
        sketch.castShadow(of: body, height: min(r * 0.75, 11))
        sketch.add(body, ScenePaint(base, mottle: 3, grain: 2))
        if random.chance(0.35) {
            floatingRoof(&sketch, r, base)
        } else {
            coneRoof(&sketch, r, base, random: &random)
        }
        let stair = random.unit()
        sketch.detail(
            .line(direction(turns: stair) * (r * 0.1), direction(turns: stair) * r, width: 0.7),
            base * 0.68)
    }

    private static func coneRoof(
        _ sketch: inout SceneSketch, _ r: Float, _ base: SceneColor, random: inout SceneRandom
    ) {
        let count = 20
        for k in 0..<count {
            let start = Float(k) / Float(count)
            let middle = direction(turns: start + 0.5 / Float(count))
            sketch.detail(
                .sector(radius: r * 0.94, from: start, to: start + 1 / Float(count)),
                base * sketch.light(facing: middle, steepness: 0.17))
        }
        for k in 0..<10 {
            let end = direction(turns: Float(k) / 10)
            sketch.detail(
                .line(end * (r * 0.2), end * (r * 0.93), width: 0.35), base * 0.82, opacity: 0.6)
        }
        sketch.detail(.ring(.circle(.zero, r), .circle(.zero, r * 0.93)), base * 0.8)
        sketch.detail(.circle(.zero, max(r * 0.11, 0.9)), base * 0.74)
        sketch.detail(.circle(sketch.localSun * 0.4, max(r * 0.07, 0.6)), base * 1.08)
    }

    private static func floatingRoof(_ sketch: inout SceneSketch, _ r: Float, _ base: SceneColor) {
        sketch.detail(.circle(.zero, r * 0.93), base * 0.5)
        sketch.detail(
            .circle(sketch.localSun * (-r * 0.085), r * 0.84), ScenePaint(base * 0.86, mottle: 4))
        sketch.detail(
            .ring(.circle(.zero, r * 0.62), .circle(.zero, r * 0.57)), base * 0.74, opacity: 0.7)
        sketch.detail(.circle(.zero, r * 0.07), base * 0.62)
    }

    /// A block of glass roofs side by side.
    static func drawGreenhouse(_ sketch: inout SceneSketch, random: inout SceneRandom) {
        let half = sketch.placement.half
        let glass = random.varied(sceneColor(196, 214, 214), by: 10)
        let spans = max(3, Int((half.y * 2 / random.uniform(4.2, 6)).rounded(.down)))
        let span = half.y * 2 / Float(spans)
        sketch.onGround(
            .rectangle(.zero, half + 2.4),
            ScenePaint(sceneColor(176, 168, 150), opacity: 0.85, mottle: 8))
        let body = ScenePath.rectangle(.zero, half)
        sketch.castShadow(of: body, height: 3)
        sketch.add(body, ScenePaint(glass))
        let crop = random.varied(sceneColor(120, 150, 112), by: 10)
        for k in 0..<spans {
            let content = random.uniform(0.05, 0.4)
            drawSpan(
                &sketch, from: -half.y + Float(k) * span, width: span, reach: half.x,
                blend(glass, crop, content))
        }
        drawCrossBars(&sketch, half)
        for _ in 0..<random.integer(1...4) {
            let x = random.uniform(-0.9, 0.8) * half.x
            let y = -half.y + Float(random.integer(0...spans - 1)) * span
            sketch.detail(
                .rectangle(x1: x, y1: y + 0.4, x2: x + half.x * 0.14, y2: y + span * 0.5),
                sceneColor(250, 252, 252), opacity: 0.9)
        }
        sketch.detail(.frame(.zero, half, width: 0.8), sceneColor(236, 240, 240), opacity: 0.8)
    }

    /// Two slopes of a glass roof with their ridge and gutter, from the ordinate `y` on.
    private static func drawSpan(
        _ sketch: inout SceneSketch, from y: Float, width span: Float, reach: Float,
        _ tone: SceneColor
    ) {
        for (from, normal) in [(Float(0), Float(-1)), (0.5, 1)] {
            let facing = SceneVector(0, normal)
            var paint = ScenePaint(tone * sketch.light(facing: facing, steepness: 0.2))
            paint.mottle = 3
            sketch.detail(
                .rectangle(
                    x1: -reach, y1: y + span * from, x2: reach, y2: y + span * (from + 0.5)),
                paint)
        }
        sketch.detail(
            .line(
                SceneVector(-reach, y + span / 2), SceneVector(reach, y + span / 2),
                width: 0.5),
            sceneColor(240, 246, 246), opacity: 0.9)
        sketch.detail(
            .line(SceneVector(-reach, y), SceneVector(reach, y), width: 0.7),
            sceneColor(104, 122, 126), opacity: 0.85)
    }

    private static func drawCrossBars(_ sketch: inout SceneSketch, _ half: SceneVector) {
        for k in 1..<max(2, Int(half.x / 2)) {
            let x = -half.x + Float(k) * half.x * 2 / Float(max(2, Int(half.x / 2)))
            sketch.detail(
                .line(SceneVector(x, -half.y), SceneVector(x, half.y), width: 0.35),
                sceneColor(118, 136, 140), opacity: 0.55)
        }
    }

    /// Rows of panels that fill a rectangle.
    static func drawSolarFarm(_ sketch: inout SceneSketch, random: inout SceneRandom) {
        let half = sketch.placement.half
        let panel = random.varied(sceneColor(38, 52, 92), by: 9)
        let gap = random.varied(sceneColor(134, 136, 104), by: 10)
        sketch.onGround(.rectangle(.zero, half + 3), ScenePaint(gap, opacity: 0.8, mottle: 9))
        sketch.onGround(
            .frame(.zero, half + 3, width: 0.5), ScenePaint(sceneColor(196, 192, 178)))
        let body = ScenePath.rectangle(.zero, half)
        sketch.castShadow(of: body, height: 1)
        var paint = ScenePaint(panel, grain: 3)
        paint.origin = sketch.placement.center
        paint.slope = sketch.sun.toward * 0.006
        sketch.add(body, paint)
        let rows = max(3, Int(half.y / 2.2))
        let pitch = half.y * 2 / Float(rows)
        let columns = max(4, Int(half.x / 1.6))
        for k in 1..<columns {
            let x = -half.x + Float(k) * half.x * 2 / Float(columns)
            sketch.detail(
                .line(SceneVector(x, -half.y), SceneVector(x, half.y), width: 0.3),
                sceneColor(120, 134, 172), opacity: 0.6)
        }
        for k in 0..<rows {
            let y = -half.y + Float(k) * pitch
            sketch.detail(
                .line(SceneVector(-half.x, y + 0.4), SceneVector(half.x, y + 0.4), width: 0.5),
                sceneColor(150, 166, 198), opacity: 0.8)
            guard k > 0 else { continue }
            sketch.detail(
                .line(SceneVector(-half.x, y - 0.3), SceneVector(half.x, y - 0.3), width: 0.95),
                gap * 0.72)
        }
    }

    /// Three blades, a nacelle and the shadow of the tower.
    static func drawTurbine(_ sketch: inout SceneSketch, random: inout SceneRandom) {
        let r = sketch.placement.half.x
        let white = random.varied(sceneColor(240, 241, 240), by: 6)
        sketch.onGround(
            .circle(.zero, r * 0.26),
            ScenePaint(sceneColor(186, 174, 150), opacity: 0.9, mottle: 10))
        let base = ScenePath.circle(.zero, 1.3)
        sketch.castShadow(of: base, height: r * 1.5)
        for k in 0..<3 {
            let axis = direction(turns: Float(k) / 3)
            let side = SceneVector(-axis.y, axis.x)
            let blade = ScenePath([
                side * 0.9, axis * (r * 0.2) + side * 1.75, axis * r + side * 0.45,
                axis * r - side * 0.45, axis * (r * 0.2) - side * 0.85, side * -0.9,
            ])
            sketch.castShadow(ofFloating: blade, height: r * 1.5)
            sketch.add(blade, ScenePaint(white))
            sketch.detail(
                .line(axis * (r * 0.1) - side * 0.5, axis * r - side * 0.3, width: 0.6),
                white * 0.84)
        }
        sketch.add(.rectangle(SceneVector(-1.8, 0), SceneVector(3.6, 1.6)), ScenePaint(white * 0.9))
        sketch.add(.circle(.zero, 2), ScenePaint(white))
    }
}
