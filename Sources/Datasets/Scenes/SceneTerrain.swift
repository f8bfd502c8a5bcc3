/// The kind of land that a scene shows.
enum SceneBiome: CaseIterable {
    case grass
    case drySoil
    case sand
    case forestFloor
    case concrete

    /// The colours that the ground varies between.
    var colors: [SceneColor] {
        switch self {
        case .grass:
            [sceneColor(84, 98, 58), sceneColor(121, 132, 82), sceneColor(141, 137, 92)]
        case .drySoil:
            [sceneColor(139, 115, 86), sceneColor(171, 147, 113), sceneColor(118, 113, 78)]
        case .sand:
            [sceneColor(196, 177, 140), sceneColor(216, 200, 166), sceneColor(170, 155, 118)]
        case .forestFloor:
            [sceneColor(58, 68, 42), sceneColor(84, 92, 57), sceneColor(99, 94, 64)]
        case .concrete:
            [sceneColor(138, 137, 132), sceneColor(163, 160, 152), sceneColor(120, 124, 112)]
        }
    }

    /// How much of the open land is tilled.
    var fields: Float {
        switch self {
        case .grass: 0.85
        case .drySoil: 0.75
        case .sand: 0.08
        case .forestFloor: 0.2
        case .concrete: 0.25
        }
    }

    /// How many trees stand around, relative to the others.
    var trees: Float {
        switch self {
        case .grass: 1
        case .drySoil: 0.45
        case .sand: 0.12
        case .forestFloor: 2.6
        case .concrete: 0.5
        }
    }
}

/// A sea or a river.
struct SceneWater {
    /// The direction from the land to the sea, or across the river.
    var across: SceneVector
    /// Where the shore, or the river's middle line, is along `across`.
    var position: Float
    /// Half the width of a river; nil for a sea.
    var halfWidth: Float?
    /// How far the shore wanders.
    var wander: Float
    var seed: UInt32
    var deep: SceneColor
    var shallow: SceneColor

    /// How far a place is from the shore: positive in the water, negative on land.
    func depth(at place: SceneVector) -> Float {
        let along = dot(place, SceneVector(-across.y, across.x))
        let bend =
            SceneNoise.line(along / 78, seed: seed) * wander
            + SceneNoise.line(along / 29, seed: seed &+ 1) * wander * 0.3
            + SceneNoise.line(along / 9, seed: seed &+ 2) * wander * 0.07
        let distance = dot(place, across) - position - bend
        guard let halfWidth else { return distance }
        return halfWidth - abs(distance)
    }

    /// The ground with the beach of a sea or the bank of a river over it, where it is that deep.
    @inline(__always)
    func shore(_ ground: SceneColor, depth: Float, ripple: Float) -> SceneColor {
        guard halfWidth == nil else {
            let bank = sceneColor(88, 92, 58) + SceneColor(repeating: ripple * 14)
            return blend(ground, bank, smoothstep(-5, -1, depth + ripple * 2) * 0.85)
        }
        let beach = blend(
            sceneColor(207, 191, 155), sceneColor(160, 143, 112), smoothstep(-5, -0.5, depth))
        return blend(
            ground, beach + SceneColor(repeating: ripple * 8),
            smoothstep(-9, -6, depth + ripple * 3))
    }

    /// A sea that covers a good part of the scene, or a river through it.
    static func random(sea: Bool, random: inout SceneRandom) -> SceneWater {
        let across = direction(turns: random.unit())
        let middle = dot(SceneVector(112, 112), across)
        let seas = [
            (sceneColor(38, 66, 84), sceneColor(88, 128, 126)),
            (sceneColor(34, 72, 88), sceneColor(98, 150, 146)),
            (sceneColor(48, 72, 70), sceneColor(104, 118, 98)),
            (sceneColor(26, 50, 76), sceneColor(70, 112, 126)),
        ]
        let rivers = [
            (sceneColor(56, 72, 66), sceneColor(104, 106, 82)),
            (sceneColor(48, 70, 78), sceneColor(92, 108, 96)),
            (sceneColor(64, 84, 80), sceneColor(118, 118, 92)),
        ]
        let palette = random.pick(sea ? seas : rivers)
        return SceneWater(
            across: across,
            position: middle + (sea ? random.uniform(-45, 15) : random.uniform(-60, 60)),
            halfWidth: sea ? nil : random.uniform(9, 17),
            wander: sea ? random.uniform(6, 22) : random.uniform(14, 30),
            seed: UInt32(truncatingIfNeeded: random.next()),
            deep: random.varied(palette.0, by: 8), shallow: random.varied(palette.1, by: 8))
    }
}

/// The land and water of a scene, before anything stands on it.
struct SceneTerrain {
    var biome: SceneBiome
    var water: SceneWater?
    /// The direction of field borders and streets, in turns.
    var gridTurns: Float
    var seed: UInt32

    /// Paints the bare ground on every pixel.
    func paintGround(on canvas: inout SceneCanvas, random: inout SceneRandom) {
        let side = canvas.side
        let k = canvas.pixelsPerUnit
        let colors = biome.colors.map { random.varied($0, by: 9) }
        let fine = SceneNoise.field(
            side: side, cells: [46 * k, 17 * k, 6 * k, 2.4 * k], weights: [0.5, 0.3, 0.22, 0.2],
            seed: seed)
        let broad = SceneNoise.field(
            side: side, cells: [70 * k, 26 * k], weights: [0.7, 0.3], seed: seed &+ 1000)
        let grain: Float = biome == .concrete ? 4 : 7
        for index in 0..<side * side {
            let f = clamp01(fine[index] * 0.75 + 0.5)
            var color = blend(colors[0], colors[1], f)
            color = blend(color, colors[2], smoothstep(-0.1, 0.7, broad[index]) * 0.8)
            let (y, x) = index.quotientAndRemainder(dividingBy: side)
            color += SceneColor(repeating: SceneNoise.lattice(x, y, seed) * grain)
            canvas.pixels[index] = color
        }
    }

    /// Paints the water, its beach or banks, over the ground and its fields.
    func paintWater(on canvas: inout SceneCanvas) {
        guard let water else { return }
        let side = canvas.side
        let k = canvas.pixelsPerUnit
        let ripples = SceneNoise.field(
            side: side, cells: [20 * k, 7 * k, 2.6 * k, 1.4 * k], weights: [0.4, 0.35, 0.4, 0.3],
            seed: seed &+ 77)
        let crests = SceneVector(water.across.y * 0.3 + water.across.x, water.across.y) * 0.19
        let reach: Float = water.halfWidth == nil ? 55 : 12
        for index in 0..<side * side {
            let (y, x) = index.quotientAndRemainder(dividingBy: side)
            let place = SceneVector(Float(x) + 0.5, Float(y) + 0.5) / k
            let depth = water.depth(at: place)
            if depth < -12 { continue }
            let ripple = ripples[index]
            var color = water.shore(canvas.pixels[index], depth: depth, ripple: ripple)
            let inside = smoothstep(-0.6, 0.6, depth)
            if inside > 0 {
                var wet = blend(water.shallow, water.deep, smoothstep(0, reach, depth + ripple * 4))
                let wave = sine(turns: dot(place, crests) + ripple * 0.45)
                wet += SceneColor(repeating: wave * 3.5 + ripple * 6)
                if water.halfWidth == nil {
                    let foam = smoothstep(2.6, 0.4, depth + ripple * 2.2)
                    wet = blend(wet, sceneColor(226, 230, 226), foam * 0.75)
                }
                color = blend(color, wet, inside)
            }
            canvas.pixels[index] = color
        }
    }

    /// Paints a patchwork of tilled fields.
    func paintFields(on canvas: inout SceneCanvas, random: inout SceneRandom) {
        let share = biome.fields * random.uniform(0.4, 1.25)
        guard share > 0.1 else { return }
        let axis = direction(turns: gridTurns)
        let parcels = SceneTerrain.split(
            low: SceneVector(-175, -175), high: SceneVector(175, 175),
            target: random.uniform(46, 95), random: &random)
        for parcel in parcels where random.chance(share) {
            let gap = random.uniform(0.6, 1.6)
            let path = ScenePath.rectangle(
                (parcel.low + parcel.high) / 2, (parcel.high - parcel.low) / 2 - gap
            ).mapped { p in
                SceneVector(112 + p.x * axis.x - p.y * axis.y, 112 + p.x * axis.y + p.y * axis.x)
            }
            let color = random.varied(random.pick(SceneTerrain.crops), by: 12)
            var paint = ScenePaint(
                color, opacity: random.uniform(0.6, 0.92), mottle: random.uniform(4, 9), grain: 4)
            let across = gridTurns + (random.chance(0.5) ? 0.25 : 0)
            if random.chance(0.7) {
                let tone = random.uniform(-16, 16)
                paint = paint.striped(
                    color + SceneColor(repeating: tone), period: random.uniform(2.2, 5.5),
                    across: across, at: path.contours[0][0])
            }
            canvas.fill(path, paint, role: .scenery)
        }
    }

    private struct Parcel {
        var low: SceneVector
        var high: SceneVector
    }

    private static func split(
        low: SceneVector, high: SceneVector, target: Float, random: inout SceneRandom
    ) -> [Parcel] {
        let size = high - low
        let longest = max(size.x, size.y)
        if longest < target || (longest < target * 1.6 && random.chance(0.4)) {
            return [Parcel(low: low, high: high)]
        }
        let at = random.uniform(0.32, 0.68)
        var middleHigh = high
        var middleLow = low
        if size.x >= size.y {
            middleHigh.x = low.x + size.x * at
            middleLow.x = middleHigh.x
        } else {
            middleHigh.y = low.y + size.y * at
            middleLow.y = middleHigh.y
        }
        return split(low: low, high: middleHigh, target: target, random: &random)
            + split(low: middleLow, high: high, target: target, random: &random)
    }

    private static let crops: [SceneColor] = [
        sceneColor(104, 122, 66), sceneColor(128, 140, 80), sceneColor(154, 148, 96),
        sceneColor(181, 166, 118), sceneColor(140, 116, 84), sceneColor(116, 96, 72),
        sceneColor(88, 108, 60), sceneColor(168, 158, 84),
    ]
}
