/// Which parts of a scene are taken, on a grid of cells of 2 units.
struct SceneOccupancy {
    private static let cells = 112
    private static let cell: Float = 2

    private enum Ground: UInt8 {
        case land
        case shore
        case water
    }

    private var ground: [Ground]
    private var road: [Bool]
    private var taken: [Bool]

    /// The water and the roads of a scene.
    init(terrain: SceneTerrain, roads: [SceneRoad]) {
        let count = SceneOccupancy.cells * SceneOccupancy.cells
        ground = [Ground](repeating: .land, count: count)
        road = [Bool](repeating: false, count: count)
        taken = [Bool](repeating: false, count: count)
        if let water = terrain.water {
            for index in 0..<count {
                let depth = water.depth(at: SceneOccupancy.center(of: index))
                ground[index] = depth > 4 ? .water : depth > -8 ? .shore : .land
            }
        }
        for strip in roads {
            for (a, b) in zip(strip.line, strip.line.dropFirst()) {
                markRoad(from: a, to: b, reach: strip.halfWidth + 2.5)
            }
        }
    }

    private mutating func markRoad(from a: SceneVector, to b: SceneVector, reach: Float) {
        let along = b - a
        let square = max(dot(along, along), 1e-3)
        forEachCell(low: pointwiseMin(a, b) - reach, high: pointwiseMax(a, b) + reach) { index in
            let offset = SceneOccupancy.center(of: index) - a
            let nearest = offset - along * clamp01(dot(offset, along) / square)
            if dot(nearest, nearest) < reach * reach { road[index] = true }
        }
    }

    private static func center(of index: Int) -> SceneVector {
        let (y, x) = index.quotientAndRemainder(dividingBy: cells)
        return (SceneVector(Float(x), Float(y)) + 0.5) * cell
    }

    private func forEachCell(low: SceneVector, high: SceneVector, _ body: (Int) -> Void) {
        let limit = SceneOccupancy.cells - 1
        let x1 = max(0, floorInt(low.x / SceneOccupancy.cell))
        let y1 = max(0, floorInt(low.y / SceneOccupancy.cell))
        let x2 = min(limit, floorInt(high.x / SceneOccupancy.cell))
        let y2 = min(limit, floorInt(high.y / SceneOccupancy.cell))
        guard x1 <= x2, y1 <= y2 else { return }
        for y in y1...y2 {
            for x in x1...x2 { body(y * SceneOccupancy.cells + x) }
        }
    }

    private func cells(under placement: ScenePlacement, margin: Float) -> [Int] {
        let axis = direction(turns: placement.turns)
        let half = placement.half + margin
        let reach = SceneVector(
            abs(axis.x) * half.x + abs(axis.y) * half.y, abs(axis.y) * half.x + abs(axis.x) * half.y
        )
        var result: [Int] = []
        forEachCell(low: placement.center - reach, high: placement.center + reach) { index in
            let offset = SceneOccupancy.center(of: index) - placement.center
            let x = abs(dot(offset, axis))
            let y = abs(dot(offset, SceneVector(-axis.y, axis.x)))
            if x <= half.x + 1, y <= half.y + 1 { result.append(index) }
        }
        return result
    }

    /// Whether an object with a margin around it can stand here: inside the picture, on its
    /// element, off the roads, and apart from the others.
    func isFree(_ placement: ScenePlacement, margin: Float, afloat: Bool) -> Bool {
        let axis = direction(turns: placement.turns)
        let half = placement.half + 2
        let reachX = abs(axis.x) * half.x + abs(axis.y) * half.y
        let reachY = abs(axis.y) * half.x + abs(axis.x) * half.y
        let center = placement.center
        guard center.x >= reachX, center.y >= reachY, center.x <= 224 - reachX,
            center.y <= 224 - reachY
        else { return false }
        let element: Ground = afloat ? .water : .land
        return cells(under: placement, margin: margin).allSatisfy {
            !taken[$0] && !road[$0] && ground[$0] == element
        }
    }

    /// Marks the place of an object.
    mutating func take(_ placement: ScenePlacement, margin: Float) {
        for index in cells(under: placement, margin: margin) { taken[index] = true }
    }

    /// Whether a tree can stand here; its crown may reach over the edge of what is near.
    func isFreeForTree(_ center: SceneVector, _ radius: Float) -> Bool {
        let limit = SceneVector(222, 222)
        let center = pointwiseMin(pointwiseMax(center, SceneVector(2, 2)), limit)
        var free = true
        forEachCell(low: center - radius * 0.6, high: center + radius * 0.6) { index in
            if taken[index] || road[index] || ground[index] != .land { free = false }
        }
        return free
    }
}

/// Finds places for the objects of a scene.
struct SceneLayout {
    /// An object and its place.
    struct Item {
        var sceneClass: SceneClass
        var placement: ScenePlacement
    }

    private(set) var items: [Item] = []
    private(set) var occupancy: SceneOccupancy
    private let gridTurns: Float

    /// A layout without objects.
    init(occupancy: SceneOccupancy, gridTurns: Float) {
        self.occupancy = occupancy
        self.gridTurns = gridTurns
    }

    /// Adds up to `count` objects of a class; fewer when there is no room.
    mutating func add(_ sceneClass: SceneClass, count: Int, random: inout SceneRandom) {
        let turns =
            random.chance(0.65)
            ? gridTurns + 0.25 * Float(random.integer(0...3)) : random.unit()
        var half = SceneLayout.size(of: sceneClass, random: &random)
        let alike = random.chance(0.6)
        var previous: ScenePlacement?
        for _ in 0..<count {
            if !alike { half = SceneLayout.size(of: sceneClass, random: &random) }
            var placed: ScenePlacement?
            for shrink in [Float(1), 0.85, 0.7] where placed == nil {
                placed = place(
                    sceneClass, half: half * shrink, turns: turns, beside: previous, random: &random
                )
            }
            guard let placed else { continue }
            items.append(Item(sceneClass: sceneClass, placement: placed))
            occupancy.take(placed, margin: SceneLayout.margin(of: sceneClass))
            previous = placed
        }
    }

    private func place(
        _ sceneClass: SceneClass, half: SceneVector, turns: Float, beside other: ScenePlacement?,
        random: inout SceneRandom
    ) -> ScenePlacement? {
        let margin = SceneLayout.margin(of: sceneClass)
        for attempt in 0..<34 {
            var candidate = ScenePlacement(
                center: SceneVector(random.uniform(10, 214), random.uniform(10, 214)),
                turns: turns, half: half)
            if sceneClass == .ship || sceneClass == .windTurbine {
                candidate.turns = turns + random.uniform(-0.12, 0.12)
            }
            if let other, attempt < 12 {
                let axis = direction(turns: turns + 0.25 * Float(random.integer(0...3)))
                let reach = max(half.x, half.y) + max(other.half.x, other.half.y)
                let gap = margin * 2 + random.uniform(2.5, 9)
                candidate.center = other.center + axis * (reach + gap)
            }
            if occupancy.isFree(candidate, margin: margin, afloat: sceneClass == .ship) {
                return candidate
            }
        }
        return nil
    }

    /// The room that the surroundings of an object of a class take.
    private static func margin(of sceneClass: SceneClass) -> Float {
        switch sceneClass {
        case .storageTank: 4
        case .plane: 7
        case .swimmingPool: 5
        case .ship: 3.5
        case .solarFarm, .sportsField: 3.5
        default: 3
        }
    }

    /// Half the length and half the width of an object of a class.
    private static func size(
        of sceneClass: SceneClass, random: inout SceneRandom
    ) -> SceneVector {
        switch sceneClass {
        case .storageTank: return round(9...20, &random)
        case .ship: return oblong(15...37, 0.2...0.27, &random)
        case .plane:
            let length = random.uniform(17, 31)
            return SceneVector(length, length * 0.97)
        case .sportsField: return oblong(19...36, 0.58...0.68, &random)
        case .building:
            let size = oblong(11...28, 0.5...0.85, &random)
            return SceneVector(size.x, max(8.5, size.y))
        case .pond: return oblong(14...30, 0.6...0.9, &random)
        case .cropCircle: return round(20...38, &random)
        case .greenhouse: return oblong(17...32, 0.5...0.8, &random)
        case .solarFarm: return oblong(19...34, 0.5...0.85, &random)
        case .swimmingPool: return oblong(10...19, 0.48...0.62, &random)
        case .carPark:
            let length = random.uniform(18, 32)
            return SceneVector(length, random.chance(0.35) ? 9.5 : random.uniform(17, 21))
        case .windTurbine: return round(17...28, &random)
        }
    }

    private static func round(
        _ radii: ClosedRange<Float>, _ random: inout SceneRandom
    ) -> SceneVector {
        SceneVector(repeating: random.uniform(radii.lowerBound, radii.upperBound))
    }

    /// A length, and a width that is a share of it.
    private static func oblong(
        _ lengths: ClosedRange<Float>, _ shares: ClosedRange<Float>, _ random: inout SceneRandom
    ) -> SceneVector {
        let length = random.uniform(lengths.lowerBound, lengths.upperBound)
        return SceneVector(length, length * random.uniform(shares.lowerBound, shares.upperBound))
    }
}

extension SceneSketch {
    /// The sketch of an object of a class.
    static func drawing(
        _ item: SceneLayout.Item, id: Int, sun: SceneSun, random: inout SceneRandom
    ) -> SceneSketch {
        var sketch = SceneSketch(id: id, placement: item.placement, sun: sun)
        switch item.sceneClass {
        case .storageTank: SceneIndustry.drawTank(&sketch, random: &random)
        case .ship: SceneVehicles.drawShip(&sketch, random: &random)
        case .plane: SceneVehicles.drawPlane(&sketch, random: &random)
        case .sportsField: SceneLand.drawSportsField(&sketch, random: &random)
        case .building: SceneStructures.drawBuilding(&sketch, random: &random)
        case .pond: SceneLand.drawPond(&sketch, random: &random)
        case .cropCircle: SceneLand.drawCropCircle(&sketch, random: &random)
        case .greenhouse: SceneIndustry.drawGreenhouse(&sketch, random: &random)
        case .solarFarm: SceneIndustry.drawSolarFarm(&sketch, random: &random)
        case .swimmingPool: SceneStructures.drawPool(&sketch, random: &random)
        case .carPark: SceneStructures.drawCarPark(&sketch, random: &random)
        case .windTurbine: SceneIndustry.drawTurbine(&sketch, random: &random)
        }
        return sketch
    }
}
