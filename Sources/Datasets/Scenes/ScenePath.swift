/// Closed outlines made of straight edges; what is between an outer and a reversed inner
/// outline is inside.
struct ScenePath {
    /// The corners of each outline; the last is joined to the first.
    var contours: [[SceneVector]]

    /// One outline from its corners.
    init(_ points: [SceneVector]) { contours = [points] }

    /// The axis-parallel rectangle around a centre.
    static func rectangle(_ center: SceneVector = .zero, _ half: SceneVector) -> ScenePath {
        ScenePath([
            SceneVector(center.x - half.x, center.y - half.y),
            SceneVector(center.x + half.x, center.y - half.y),
            SceneVector(center.x + half.x, center.y + half.y),
            SceneVector(center.x - half.x, center.y + half.y),
        ])
    }

    /// The rectangle between two corners.
    static func rectangle(x1: Float, y1: Float, x2: Float, y2: Float) -> ScenePath {
        rectangle(
            SceneVector((x1 + x2) / 2, (y1 + y2) / 2), SceneVector((x2 - x1) / 2, (y2 - y1) / 2))
    }

    /// An ellipse as a polygon fine enough to look round.
    static func ellipse(_ center: SceneVector = .zero, _ half: SceneVector) -> ScenePath {
        let count = max(12, min(72, Int(max(half.x, half.y) * 3)))
        return ScenePath(
            (0..<count).map { center + direction(turns: Float($0) / Float(count)) * half })
    }

    /// A circle.
    static func circle(_ center: SceneVector = .zero, _ radius: Float) -> ScenePath {
        ellipse(center, SceneVector(radius, radius))
    }

    /// A rectangle with half circles at both ends: everything within `radius` of the segment
    /// from (-`half`, 0) to (`half`, 0).
    static func stadium(half: Float, radius: Float) -> ScenePath {
        let arc = 20
        var points: [SceneVector] = []
        for k in 0...arc {
            let d = direction(turns: -0.25 + Float(k) / Float(arc) * 0.5)
            points.append(SceneVector(half, 0) + d * radius)
        }
        for k in 0...arc {
            let d = direction(turns: 0.25 + Float(k) / Float(arc) * 0.5)
            points.append(SceneVector(-half, 0) + d * radius)
        }
        return ScenePath(points)
    }

    /// The piece of a disc between two angles, in turns.
    static func sector(
        _ center: SceneVector = .zero, radius: Float, from start: Float, to end: Float
    ) -> ScenePath {
        let count = max(2, Int((end - start) * 64))
        var points = [center]
        for k in 0...count {
            let turns = start + (end - start) * Float(k) / Float(count)
            points.append(center + direction(turns: turns) * radius)
        }
        return ScenePath(points)
    }

    /// A round outline whose radius waves, as ponds and tree crowns have it.
    static func blob(
        _ center: SceneVector = .zero, _ half: SceneVector, roughness: Float, count: Int,
        random: inout SceneRandom
    ) -> ScenePath {
        let phases = (0..<3).map { _ in random.unit() }
        let shares = [random.uniform(0.5, 1), random.uniform(0.3, 0.8), random.uniform(0.1, 0.5)]
        let orders: [Float] = [2, 3, 5]
        return ScenePath(
            (0..<count).map { k in
                let turns = Float(k) / Float(count)
                var radius: Float = 1
                for j in 0..<3 {
                    radius += roughness * shares[j] * sine(turns: turns * orders[j] + phases[j])
                }
                return center + direction(turns: turns) * half * radius
            })
    }

    /// A straight line of some width.
    static func line(_ from: SceneVector, _ to: SceneVector, width: Float) -> ScenePath {
        let along = to - from
        let length = max(dot(along, along).squareRoot(), 1e-3)
        let side = SceneVector(-along.y, along.x) * (width / 2 / length)
        return ScenePath([from + side, to + side, to - side, from - side])
    }

    /// What is between an outline and a smaller one of the same kind.
    static func ring(_ outer: ScenePath, _ inner: ScenePath) -> ScenePath {
        var result = outer
        for contour in inner.contours { result.contours.append(contour.reversed()) }
        return result
    }

    /// The border of a rectangle: a line of `width` inside its edge.
    static func frame(
        _ center: SceneVector = .zero, _ half: SceneVector, width: Float
    ) -> ScenePath {
        ring(
            rectangle(center, half),
            rectangle(center, SceneVector(max(half.x - width, 0.1), max(half.y - width, 0.1))))
    }

    /// A band along a bent line, from `from` to `to` units to its left.
    static func band(
        along line: [SceneVector], from: Float, to: Float
    ) -> ScenePath {
        var left: [SceneVector] = []
        var right: [SceneVector] = []
        for (k, point) in line.enumerated() {
            let tangent = line[min(k + 1, line.count - 1)] - line[max(k - 1, 0)]
            let length = max(dot(tangent, tangent).squareRoot(), 1e-3)
            let normal = SceneVector(-tangent.y, tangent.x) / length
            left.append(point + normal * from)
            right.append(point + normal * to)
        }
        return ScenePath(left + right.reversed())
    }

    /// The outline on both sides of the x axis, given its half with y >= 0 from front to back.
    static func mirrored(_ half: [SceneVector]) -> ScenePath {
        ScenePath(half + half.reversed().map { SceneVector($0.x, -$0.y) })
    }

    /// The path after a change of every corner.
    func mapped(_ change: (SceneVector) -> SceneVector) -> ScenePath {
        var result = self
        for k in result.contours.indices {
            for j in result.contours[k].indices {
                result.contours[k][j] = change(result.contours[k][j])
            }
        }
        return result
    }

    /// The path shifted.
    func shifted(by offset: SceneVector) -> ScenePath { mapped { $0 + offset } }

    /// The path made larger or smaller around the origin.
    func scaled(by factor: Float) -> ScenePath { mapped { $0 * factor } }

    /// The convex area that the path sweeps when it is moved by `offset`.
    func swept(by offset: SceneVector) -> ScenePath {
        let points = contours.flatMap { $0 }
        return ScenePath(ScenePath.hull(points + points.map { $0 + offset }))
    }

    private static func hull(_ points: [SceneVector]) -> [SceneVector] {
        let sorted = points.sorted { ($0.x, $0.y) < ($1.x, $1.y) }
        func half(_ points: [SceneVector]) -> [SceneVector] {
            var chain: [SceneVector] = []
            for point in points {
                while chain.count >= 2 {
                    let a = chain[chain.count - 2]
                    let b = chain[chain.count - 1]
                    let turn =
                        (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x)
                    if turn > 0 { break }
                    chain.removeLast()
                }
                chain.append(point)
            }
            return Array(chain.dropLast())
        }
        return half(sorted) + half(sorted.reversed())
    }
}
