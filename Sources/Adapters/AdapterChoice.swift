/// Which adapter a model is built with.
package enum AdapterChoice: Sendable {
    /// One that was saved, in PEFT's layout.
    case stored(folder: String)
    /// A new one, whose numbers depend on the seed and its modules' places.
    case fresh(AdapterConfiguration, seed: UInt64)
}
