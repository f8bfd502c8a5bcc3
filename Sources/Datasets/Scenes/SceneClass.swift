/// A kind of object that the synthesizer draws and asks about.
public enum SceneClass: String, Sendable, Codable, CaseIterable {
    /// A cylindrical tank seen from above.
    case storageTank = "storage tank"
    /// A ship or boat, without its wake.
    case ship
    /// An aeroplane standing on an apron.
    case plane
    /// A football pitch, running track, tennis or basketball court or baseball field.
    case sportsField = "sports field"
    /// A house, hall or block.
    case building
    /// A small still water.
    case pond
    /// A round field watered by a turning pivot.
    case cropCircle = "crop circle"
    /// A house of glass with many parallel roofs.
    case greenhouse
    /// A block of photovoltaic panels.
    case solarFarm = "solar farm"
    /// A swimming pool, without its deck.
    case swimmingPool = "swimming pool"
    /// A paved area with marked stalls and the cars on it.
    case carPark = "car park"
    /// The hub and blades of a wind turbine.
    case windTurbine = "wind turbine"

    /// The eight classes of the embedded study, in its order.
    public static let basic: [SceneClass] = [
        .storageTank, .ship, .plane, .sportsField, .building, .pond, .cropCircle, .greenhouse,
    ]

    /// The name of one.
    public var singular: String { rawValue }

    /// The name of several.
    public var plural: String { rawValue + "s" }
}
