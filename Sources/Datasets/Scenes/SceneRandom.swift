import Datasets

/// The stream of random numbers of one scene, in the number types that drawing uses.
struct SceneRandom {
    private var generator: SeededGenerator

    /// The stream number `index` of a seed; streams of neighbouring indices are unrelated.
    init(seed: UInt64, index: UInt64) {
        var hash = StableHash()
        hash.combine("scene")
        hash.combine(seed)
        hash.combine(index)
        generator = SeededGenerator(seed: hash.value)
    }

    /// The next 64 bits.
    mutating func next() -> UInt64 { generator.next() }

    /// A number of 0..<1 with 24 random bits, so that it is exact in a `Float`.
    mutating func unit() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// A number between the bounds.
    mutating func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * unit() }

    /// An integer of the range, all equally likely.
    mutating func integer(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + generator.uniform(below: range.count)
    }

    /// True with probability `probability`.
    mutating func chance(_ probability: Float) -> Bool { unit() < probability }

    /// One of the elements of an array that is not empty.
    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[integer(0...elements.count - 1)]
    }

    /// The elements in random order.
    mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
        generator.permutation(count: elements.count).map { elements[$0] }
    }

    /// The colour made lighter or darker and tinted by at most `amount` of 255.
    mutating func varied(_ color: SceneColor, by amount: Float) -> SceneColor {
        let light = uniform(-amount, amount)
        let tint = amount * 0.35
        return color
            + SceneColor(
                light + uniform(-tint, tint), light + uniform(-tint, tint),
                light + uniform(-tint, tint), 0)
    }
}

/// Red, green and blue, 0...255 each; the fourth lane is not used.
typealias SceneColor = SIMD4<Float>

/// A place or a direction, x to the right and y downwards, in the scene's units: the side of a
/// scene is 224 units, whatever its size in pixels.
typealias SceneVector = SIMD2<Float>

/// A colour from its three channels.
func sceneColor(_ red: Float, _ green: Float, _ blue: Float) -> SceneColor {
    SceneColor(red, green, blue, 0)
}

/// A colour between two others: `a` at 0, `b` at 1.
@inline(__always)
func blend(_ a: SceneColor, _ b: SceneColor, _ share: Float) -> SceneColor { a + (b - a) * share }

/// The scalar product.
@inline(__always)
func dot(_ a: SceneVector, _ b: SceneVector) -> Float { a.x * b.x + a.y * b.y }

/// The largest integer that is not above a number of moderate size.
@inline(__always)
func floorInt(_ value: Float) -> Int {
    let whole = Int(value)
    return Float(whole) > value ? whole - 1 : whole
}

/// `value` limited to 0...1.
@inline(__always)
func clamp01(_ value: Float) -> Float { min(max(value, 0), 1) }

/// 0 below `low`, 1 above `high`, and a smooth rise between.
@inline(__always)
func smoothstep(_ low: Float, _ high: Float, _ value: Float) -> Float {
    let t = clamp01((value - low) / (high - low))
    return t * t * (3 - 2 * t)
}

/// The direction at an angle given in turns, computed with additions and multiplications only,
/// so that it has the same bits on every machine.
func direction(turns: Float) -> SceneVector {
    SceneVector(sine(turns: turns + 0.25), sine(turns: turns))
}

/// The sine of an angle given in turns; its error is below 1e-7.
func sine(turns: Float) -> Float {
    var t = Double(turns)
    t -= Double(Int(t))
    if t < 0 { t += 1 }
    if t > 0.75 { t -= 1 } else if t > 0.25 { t = 0.5 - t }
    let x = t * 6.283185307179586
    let s = x * x
    let series =
        1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72 * (1 - s / 110 * (1 - s / 156)))))
    return Float(x * series)
}
