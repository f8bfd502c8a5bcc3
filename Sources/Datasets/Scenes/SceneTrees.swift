/// Trees, hedges and woods.
struct SceneTrees {
    /// One tree.
    struct Tree {
        var center: SceneVector
        var radius: Float
        var color: SceneColor
    }

    /// The trees from the back to the front.
    private(set) var trees: [Tree] = []

    /// Places woods and single trees wherever `isFree` allows a tree of a radius.
    init(
        biome: SceneBiome, random: inout SceneRandom,
        isFree: (SceneVector, Float) -> Bool
    ) {
        let tone = random.pick([
            sceneColor(62, 82, 44), sceneColor(74, 92, 50), sceneColor(56, 74, 50),
            sceneColor(86, 92, 50),
        ])
        let clumps = Int(biome.trees * random.uniform(0.8, 4.2))
        for _ in 0..<clumps {
            let middle = SceneVector(random.uniform(-10, 234), random.uniform(-10, 234))
            let spread = SceneVector(random.uniform(12, 42), random.uniform(12, 36))
            let count = Int(spread.x * spread.y * random.uniform(0.06, 0.11))
            for _ in 0..<count {
                let reach = random.unit().squareRoot()
                let offset = direction(turns: random.unit()) * reach
                add(at: middle + offset * spread, tone: tone, random: &random, isFree: isFree)
            }
        }
        for _ in 0..<Int(biome.trees * random.uniform(4, 34)) {
            let place = SceneVector(random.uniform(0, 224), random.uniform(0, 224))
            add(at: place, tone: tone, random: &random, isFree: isFree)
        }
    }

    private mutating func add(
        at place: SceneVector, tone: SceneColor, random: inout SceneRandom,
        isFree: (SceneVector, Float) -> Bool
    ) {
        let radius = random.uniform(2.2, 5.2)
        let color = random.varied(tone, by: 12)
        guard isFree(place, radius) else { return }
        trees.append(Tree(center: place, radius: radius, color: color))
    }

    /// Adds the shadows of all trees.
    func addShadows(sun: SceneSun, to canvas: inout SceneCanvas) {
        for tree in trees {
            let crown = ScenePath.ellipse(
                tree.center + sun.shadow(height: tree.radius * 0.95),
                SceneVector(tree.radius, tree.radius))
            canvas.addShadow(crown)
        }
    }

    /// Paints the crowns.
    func paint(sun: SceneSun, on canvas: inout SceneCanvas, random: inout SceneRandom) {
        for tree in trees {
            let half = SceneVector(tree.radius, tree.radius)
            let crown = ScenePath.blob(
                tree.center, half, roughness: 0.13, count: 14, random: &random)
            var paint = ScenePaint(tree.color, mottle: 14, grain: 7)
            paint.origin = tree.center
            paint.slope = sun.toward * (0.22 / tree.radius)
            canvas.fill(crown, paint, role: .scenery)
            for _ in 0..<2 {
                let tuft = ScenePath.circle(
                    tree.center + sun.toward * (tree.radius * 0.3)
                        + direction(turns: random.unit()) * (tree.radius * 0.3),
                    tree.radius * random.uniform(0.22, 0.4))
                canvas.fill(
                    tuft, ScenePaint(tree.color * 1.25, opacity: 0.45, mottle: 10),
                    role: .scenery)
            }
        }
    }
}
