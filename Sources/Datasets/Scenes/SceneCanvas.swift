import Imaging

/// What fills a shape.
struct ScenePaint {
    /// How the second colour is laid over the first.
    enum Pattern {
        case plain
        /// Straight stripes across the direction `frequency`, which counts stripes per unit.
        case stripes(frequency: SceneVector)
        /// Rings around the origin.
        case rings(perUnit: Float)
    }

    var color: SceneColor
    var opacity: Float = 1
    /// The amplitude of noise with blobs of a few pixels, in levels.
    var mottle: Float = 0
    /// The amplitude of noise from pixel to pixel, in levels.
    var grain: Float = 0
    /// The relative change of brightness per unit away from `origin`.
    var slope = SceneVector.zero
    var origin = SceneVector.zero
    var pattern = Pattern.plain
    var second = SceneColor.zero
    /// How hard the border between the two colours is; 1 is a soft wave.
    var hardness: Float = 1

    init(_ color: SceneColor, opacity: Float = 1, mottle: Float = 0, grain: Float = 0) {
        self.color = color
        self.opacity = opacity
        self.mottle = mottle
        self.grain = grain
    }

    /// The same with stripes of another colour, `period` units apart, across an angle in turns.
    func striped(
        _ second: SceneColor, period: Float, across turns: Float, at origin: SceneVector,
        hardness: Float = 1
    ) -> ScenePaint {
        var result = self
        result.second = second
        result.pattern = .stripes(frequency: direction(turns: turns) / period)
        result.origin = origin
        result.hardness = hardness
        return result
    }

    /// The colour at a place that is not on a pixel's noise.
    @inline(__always)
    func color(at place: SceneVector) -> SceneColor {
        let offset = place - origin
        var result = color
        switch pattern {
        case .plain: break
        case .stripes(let frequency):
            result = blend(color, second, wave(dot(offset, frequency)))
        case .rings(let perUnit):
            result = blend(color, second, wave(dot(offset, offset).squareRoot() * perUnit))
        }
        return result * (1 + dot(offset, slope))
    }

    @inline(__always)
    private func wave(_ t: Float) -> Float {
        let fraction = t - Float(floorInt(t))
        return clamp01((abs(fraction - 0.5) * 2 - 0.5) * hardness + 0.5)
    }
}

/// The picture while it is painted, with the owner of every pixel.
struct SceneCanvas {
    /// What painting a shape does to the masks.
    enum Role: Equatable {
        /// Scenery: takes the pixels that it covers away from any object below it.
        case scenery
        /// Gives the pixels that it covers to the object with this number, from 1.
        case body(Int)
        /// Changes colours inside the object only.
        case detail(Int)
    }

    /// Rows and columns.
    let side: Int
    /// Pixels per unit of the drawing.
    let pixelsPerUnit: Float
    /// The colour of each pixel, row after row.
    var pixels: [SceneColor]
    /// The number of the object that a pixel shows, 0 for none.
    private var owners: [UInt8]
    /// The share of the pixel that the owner covers.
    private var covered: [Float]
    /// The strength of the shadow on each pixel, until ``castShadows(depth:tint:)``.
    private var shade: [Float]
    private var rasterizer: SceneRasterizer

    /// An empty picture.
    init(side: Int) {
        self.side = side
        pixelsPerUnit = Float(side) / 224
        pixels = [SceneColor](repeating: .zero, count: side * side)
        owners = [UInt8](repeating: 0, count: side * side)
        covered = [Float](repeating: 0, count: side * side)
        shade = [Float](repeating: 0, count: side * side)
        rasterizer = SceneRasterizer(side: side, pixelsPerUnit: pixelsPerUnit)
    }

    /// Paints a shape over what is there.
    mutating func fill(_ path: ScenePath, _ paint: ScenePaint, role: Role) {
        guard let window = rasterizer.rasterize(path) else { return }
        let unitsPerPixel = 1 / pixelsPerUnit
        let stride = rasterizer.stride
        let seed = UInt32(truncatingIfNeeded: Int(paint.color.x * 7 + paint.color.y * 3))
        let noisy = paint.mottle != 0 || paint.grain != 0
        let tileMask = SceneNoise.tileSide - 1
        SceneNoise.tile.withUnsafeBufferPointer { tile in
            for row in 0..<window.height {
                let y = window.y + row
                for column in 0..<window.width {
                    var alpha = rasterizer.coverage[row * stride + column]
                    if alpha < 0.002 { continue }
                    let x = window.x + column
                    let index = y * side + x
                    alpha = claim(index, alpha, role)
                    if alpha <= 0 { continue }
                    let place = SceneVector(Float(x) + 0.5, Float(y) + 0.5) * unitsPerPixel
                    var color = paint.color(at: place)
                    if noisy {
                        let u = (x + Int(seed) * 37) & tileMask
                        let v = (y + Int(seed) * 59) & tileMask
                        let noise =
                            tile[v * SceneNoise.tileSide + u] * paint.mottle
                            + SceneNoise.lattice(x, y, seed) * paint.grain
                        color += SceneColor(repeating: noise)
                    }
                    pixels[index] = blend(pixels[index], color, alpha * paint.opacity)
                }
            }
        }
    }

    /// Keeps the books of ownership and returns the coverage to paint with.
    @inline(__always)
    private mutating func claim(_ index: Int, _ alpha: Float, _ role: Role) -> Float {
        switch role {
        case .scenery:
            if owners[index] != 0 { covered[index] *= 1 - alpha }
            return alpha
        case .body(let id):
            if owners[index] == UInt8(id) {
                covered[index] = max(covered[index], alpha)
            } else if covered[index] < alpha {
                owners[index] = UInt8(id)
                covered[index] = alpha
            }
            return alpha
        case .detail(let id):
            return owners[index] == UInt8(id) ? alpha * covered[index] : 0
        }
    }

    /// Adds a shape to the shadows that ``castShadows(depth:tint:)`` will draw.
    mutating func addShadow(_ path: ScenePath, strength: Float = 1) {
        guard let window = rasterizer.rasterize(path) else { return }
        for row in 0..<window.height {
            for column in 0..<window.width {
                let alpha = rasterizer.coverage[row * rasterizer.stride + column] * strength
                let index = (window.y + row) * side + window.x + column
                if alpha > shade[index] { shade[index] = alpha }
            }
        }
    }

    /// Darkens the picture where shadows were added, once however many overlap, and forgets them.
    mutating func castShadows(depth: Float, tint: SceneColor) {
        for index in shade.indices where shade[index] > 0 {
            let lit = pixels[index]
            pixels[index] = blend(lit, lit * (1 - depth) + tint, shade[index])
            shade[index] = 0
        }
    }

    /// The visible pixels of the objects 1...`count`: those that the object covers by half or more.
    func masks(count: Int) -> [BinaryMask] {
        var masks = [BinaryMask](repeating: BinaryMask(width: side, height: side), count: count)
        for y in 0..<side {
            for x in 0..<side {
                let index = y * side + x
                if owners[index] != 0, covered[index] >= 0.5 {
                    masks[Int(owners[index]) - 1][x, y] = true
                }
            }
        }
        return masks
    }

    /// The picture with 8 bits per channel, after sensor noise and a change of contrast.
    func image(look: SceneLook, seed: UInt32) -> RGBImage {
        var bytes = [UInt8](repeating: 0, count: side * side * 3)
        for y in 0..<side {
            for x in 0..<side {
                let index = y * side + x
                let noise = SceneNoise.lattice(x, y, seed) * look.noise
                let color = (pixels[index] - 118) * look.gain + look.offset + noise
                bytes[index * 3] = UInt8(max(0, min(255, color.x)))
                bytes[index * 3 + 1] = UInt8(max(0, min(255, color.y)))
                bytes[index * 3 + 2] = UInt8(max(0, min(255, color.z)))
            }
        }
        return RGBImage(width: side, height: side, pixels: bytes)
    }
}

/// How the camera renders a scene.
struct SceneLook {
    /// The contrast of each channel around the level 118.
    var gain: SceneColor
    /// What the level 118 becomes.
    var offset: SceneColor
    /// The amplitude of the noise from pixel to pixel, in levels.
    var noise: Float
}
