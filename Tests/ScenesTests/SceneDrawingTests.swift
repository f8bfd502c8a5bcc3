import Foundation
import Imaging
import Testing

@testable import Scenes

@Suite("Scene drawing")
struct SceneDrawingTests {
    private let sun = SceneSun(toward: SceneVector(-0.6, -0.8), reach: 1.1)

    private func mask(
        of sceneClass: SceneClass, half: SceneVector, turns: Float = 0.07
    ) -> BinaryMask {
        var canvas = SceneCanvas(side: 224)
        var random = SceneRandom(seed: 1, index: 0)
        let placement = ScenePlacement(center: SceneVector(112, 112), turns: turns, half: half)
        let item = SceneLayout.Item(sceneClass: sceneClass, placement: placement)
        let sketch = SceneSketch.drawing(item, id: 1, sun: sun, random: &random)
        for fill in sketch.ground { canvas.fill(fill.path, fill.paint, role: fill.role) }
        for shadow in sketch.shadows { canvas.addShadow(shadow) }
        canvas.castShadows(depth: 0.5, tint: .zero)
        for fill in sketch.body { canvas.fill(fill.path, fill.paint, role: fill.role) }
        return canvas.masks(count: 1)[0]
    }

    @Test("a round mask is the disc, without pad, rim or shadow around it")
    func tankMaskIsDisc() {
        let tank = mask(of: .storageTank, half: SceneVector(20, 20))
        var wrong = 0
        for y in 0..<224 {
            for x in 0..<224 {
                let distance = hypot(Double(x) + 0.5 - 112, Double(y) + 0.5 - 112)
                if tank[x, y] ? distance > 20.5 : distance < 19.3 { wrong += 1 }
            }
        }
        #expect(wrong == 0)
    }

    @Test("a ship's mask is its hull, without the wake")
    func shipMaskIsHull() {
        for seedTurns in [Float(0), 0.11, 0.37] {
            let half = SceneVector(30, 7)
            let ship = mask(of: .ship, half: half, turns: seedTurns)
            let axis = direction(turns: seedTurns)
            var outside = 0
            for y in 0..<224 {
                for x in 0..<224 where ship[x, y] {
                    let offset = SceneVector(Float(x) + 0.5 - 112, Float(y) + 0.5 - 112)
                    let across = dot(offset, SceneVector(-axis.y, axis.x))
                    if abs(dot(offset, axis)) > half.x + 0.8 || abs(across) > half.y + 0.8 {
                        outside += 1
                    }
                }
            }
            #expect(outside == 0)
            #expect(abs(Double(ship.count) / (4 * 30 * 7) - 0.88) < 0.05)
        }
    }

    @Test("every class has a mask inside its own place", arguments: SceneClass.allCases)
    func staysInPlace(sceneClass: SceneClass) {
        let shape = mask(of: sceneClass, half: SceneVector(24, 20), turns: 0)
        #expect(shape.count > 100)
        let box = shape.boundingBox
        #expect(
            box.map { min($0.x1, $0.y1) >= 87 && max($0.x2, $0.y2) <= 137 } == true, "\(box as Any)"
        )
    }

    @Test("what is painted over an object takes its pixels away, and details do not add any")
    func occlusion() {
        var canvas = SceneCanvas(side: 224)
        let paint = ScenePaint(sceneColor(200, 100, 50))
        canvas.fill(.rectangle(x1: 10, y1: 10, x2: 50, y2: 30), paint, role: .body(1))
        canvas.fill(.rectangle(x1: 40, y1: 0, x2: 90, y2: 60), paint, role: .detail(1))
        #expect(canvas.masks(count: 1)[0].count == 40 * 20)
        canvas.fill(.rectangle(x1: 30, y1: 0, x2: 60, y2: 60), paint, role: .scenery)
        #expect(canvas.masks(count: 1)[0].count == 20 * 20)
    }

    @Test("shadows darken once however many overlap")
    func shadowsDoNotAdd() {
        var canvas = SceneCanvas(side: 64)
        canvas.fill(
            .rectangle(x1: 0, y1: 0, x2: 224, y2: 224), ScenePaint(sceneColor(100, 100, 100)),
            role: .scenery)
        let shadow = ScenePath.rectangle(x1: 35, y1: 35, x2: 105, y2: 105)
        canvas.addShadow(shadow)
        canvas.addShadow(shadow)
        canvas.castShadows(depth: 0.4, tint: .zero)
        #expect(abs(canvas.pixels[20 * 64 + 20].x - 60) < 0.01)
        #expect(canvas.pixels[50 * 64 + 50].x == 100)
    }

    @Test("the coverage of a shape sums to its area, also where it leaves the picture")
    func coverageIsArea() {
        func area(_ path: ScenePath) -> Float {
            var rasterizer = SceneRasterizer(side: 224, pixelsPerUnit: 1)
            guard let window = rasterizer.rasterize(path) else { return 0 }
            return (0..<window.height).reduce(Float(0)) { sum, y in
                (0..<window.width).reduce(sum) {
                    $0 + rasterizer.coverage[y * rasterizer.stride + $1]
                }
            }
        }
        let triangle = ScenePath([
            SceneVector(20.3, 30.7), SceneVector(120.9, 51.2), SceneVector(47.4, 143.6),
        ])
        #expect(abs(area(triangle) - 5401.1) < 1)
        #expect(abs(area(.rectangle(x1: 10.25, y1: 5.5, x2: 20.75, y2: 9.25)) - 39.375) < 0.01)
        #expect(abs(area(.rectangle(x1: -30, y1: -30, x2: 10.5, y2: 20)) - 210) < 0.01)
        let ring = ScenePath.ring(
            .rectangle(.zero, SceneVector(20, 20)).shifted(by: SceneVector(100, 100)),
            .rectangle(.zero, SceneVector(10, 10)).shifted(by: SceneVector(100, 100)))
        #expect(abs(area(ring) - 1200) < 0.01)
        #expect(area(.rectangle(x1: 300, y1: 300, x2: 310, y2: 310)) == 0)
    }

    @Test("the sine from basic arithmetic agrees with the library's")
    func sineIsAccurate() {
        for k in -800...800 {
            let turns = Float(k) / 256
            #expect(abs(Double(sine(turns: turns)) - sin(Double(turns) * 2 * .pi)) < 1e-7)
        }
    }
}
