/// The light of a scene.
struct SceneSun {
    /// The direction from the ground to the sun, of length 1.
    var toward: SceneVector
    /// How far the shadow of something one unit high reaches, in units.
    var reach: Float

    /// The way a shadow falls from a height.
    func shadow(height: Float) -> SceneVector { toward * (-reach * height) }

    /// The light on a roof that faces `normal`, relative to a flat one.
    func light(facing normal: SceneVector, steepness: Float) -> Float {
        1 + dot(normal, toward) * steepness
    }
}

/// Where an object stands.
struct ScenePlacement {
    /// The middle of the object.
    var center: SceneVector
    /// The angle of its long side in turns.
    var turns: Float
    /// Half its length and half its width, in units.
    var half: SceneVector
}

/// What is painted for one object, in the order ground, shadows, body.
struct SceneSketch {
    /// A shape with its paint; `role` says what it does to the masks.
    struct Fill {
        var path: ScenePath
        var paint: ScenePaint
        var role: SceneCanvas.Role
    }

    /// Aprons, pads and wakes: under all shadows, not part of the object.
    private(set) var ground: [Fill] = []
    /// Shadows, not part of any object.
    private(set) var shadows: [ScenePath] = []
    /// The object itself and its details.
    private(set) var body: [Fill] = []

    let placement: ScenePlacement
    let sun: SceneSun
    /// The direction to the sun in the object's own axes.
    let localSun: SceneVector
    private let axis: SceneVector
    private let id: Int

    /// An empty sketch of object number `id`; paths are given in the object's axes, x along its
    /// length, with the origin in its middle.
    init(id: Int, placement: ScenePlacement, sun: SceneSun) {
        self.id = id
        self.placement = placement
        self.sun = sun
        let axis = direction(turns: placement.turns)
        self.axis = axis
        localSun = SceneVector(
            dot(sun.toward, axis), dot(sun.toward, SceneVector(-axis.y, axis.x)))
    }

    /// A place in the object's axes as a place in the scene.
    func world(_ point: SceneVector) -> SceneVector {
        placement.center
            + SceneVector(
                point.x * axis.x - point.y * axis.y, point.x * axis.y + point.y * axis.x)
    }

    /// Paints under the object.
    mutating func onGround(_ path: ScenePath, _ paint: ScenePaint) {
        ground.append(Fill(path: path.mapped(world), paint: paint, role: .scenery))
    }

    /// Paints a part of the object.
    mutating func add(_ path: ScenePath, _ paint: ScenePaint) {
        body.append(Fill(path: path.mapped(world), paint: paint, role: .body(id)))
    }

    /// Paints on the object, cut at its outline.
    mutating func detail(_ path: ScenePath, _ paint: ScenePaint) {
        body.append(Fill(path: path.mapped(world), paint: paint, role: .detail(id)))
    }

    /// Paints a detail in one colour.
    mutating func detail(_ path: ScenePath, _ color: SceneColor, opacity: Float = 1) {
        detail(path, ScenePaint(color, opacity: opacity))
    }

    /// The shadow of a convex prism that stands on the ground.
    mutating func castShadow(of path: ScenePath, height: Float) {
        shadows.append(path.mapped(world).swept(by: sun.shadow(height: height)))
    }

    /// The shadow of something flat at a height above the ground.
    mutating func castShadow(ofFloating path: ScenePath, height: Float) {
        shadows.append(path.mapped(world).shifted(by: sun.shadow(height: height)))
    }

    /// The paint with stripes whose direction is given in the object's axes.
    func striped(
        _ paint: ScenePaint, _ second: SceneColor, period: Float, across turns: Float,
        at origin: SceneVector = .zero, hardness: Float = 1
    ) -> ScenePaint {
        paint.striped(
            second, period: period, across: turns + placement.turns, at: world(origin),
            hardness: hardness)
    }

    /// The light on a roof part that faces `normal` in the object's axes, relative to a flat one.
    func light(facing normal: SceneVector, steepness: Float = 0.22) -> Float {
        1 + dot(normal, localSun) * steepness
    }
}
