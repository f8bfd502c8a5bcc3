/// Questions that name a use or a look of a class, and not the class.
struct SceneUses: Sendable {
    /// The phrasings of one family.
    var familyA: [String]
    /// Those of another, none of which is in the first.
    var familyB: [String]

    /// The questions for a class.
    static func of(_ sceneClass: SceneClass) -> SceneUses {
        switch sceneClass {
        case .storageTank: .storageTank
        case .ship: .ship
        case .plane: .plane
        case .sportsField: .sportsField
        case .building: .building
        case .pond: .pond
        case .cropCircle: .cropCircle
        case .greenhouse: .greenhouse
        case .solarFarm: .solarFarm
        case .swimmingPool: .swimmingPool
        case .carPark: .carPark
        case .windTurbine: .windTurbine
        }
    }

    private static let storageTank = SceneUses(
        familyA: [
            "Where could fuel be stored?", "What holds a large amount of oil?",
            "Which round containers keep liquids for industry?",
            "Where is petrol kept before trucks collect it?",
            "What would a refinery fill with its product?",
        ],
        familyB: [
            "Where would a leak spill a lot of oil?", "What keeps a reserve of petrol?",
            "Which structures hold industrial liquid?", "What could a pipeline fill with fuel?",
            "Where is a liquid product kept in bulk?",
        ])

    private static let ship = SceneUses(
        familyA: [
            "What can carry goods across the sea?", "What floats and moves on the water?",
            "Which vehicles need a harbour?", "What would a captain steer?",
            "What could bring a load to another port?",
        ],
        familyB: [
            "Which things could sink?", "What leaves a trail of foam on the water?",
            "What carries a crew over the sea?", "What could be tied up in a port?",
            "Which vehicles have a hull and a deck?",
        ])

    private static let plane = SceneUses(
        familyA: [
            "What can take people through the air?", "Which vehicles need a runway?",
            "What would a pilot fly?", "What has wings and carries passengers?",
            "How could travellers reach another continent within a day?",
        ],
        familyB: [
            "Which vehicles could take off?", "What can fly to another country?",
            "What is parked with its wings spread?", "What does an airport serve?",
            "What would a mechanic check before a flight?",
        ])

    private static let sportsField = SceneUses(
        familyA: [
            "Where could people play a match?", "Where can a team train?",
            "Which places have lines for a game?", "Where would spectators watch players?",
            "Where could a school hold its sports day?",
        ],
        familyB: [
            "Where could athletes compete?", "Which ground is made for games?",
            "Where would a referee work?", "Where could children play with a ball?",
            "Which places need their lines painted for players?",
        ])

    private static let building = SceneUses(
        familyA: [
            "Where could people live or work?", "What has a roof over rooms?",
            "Where can people shelter from the rain?", "What would an architect design?",
            "Where could a family sleep at night?",
        ],
        familyB: [
            "What has walls and a door?", "Where could an office or a home be?",
            "Which structures were built for people to stay in?",
            "What needs a roof against the rain?", "Where might someone keep a bed and a desk?",
        ])

    private static let pond = SceneUses(
        familyA: [
            "Where could ducks swim?", "Which small water lies still?",
            "Where could frogs live?", "Where might someone fish far from the sea?",
            "What small natural basin holds rain water?",
        ],
        familyB: [
            "Where could a heron hunt for frogs?", "Which still water has reeds around it?",
            "Where could cattle drink from standing water?",
            "What small water would freeze first in winter?",
            "Where might water lilies grow?",
        ])

    private static let cropCircle = SceneUses(
        familyA: [
            "Which round land is watered by a turning arm?",
            "Where does a pivot water the plants?",
            "Which fields are shaped by an arm that turns around a centre?",
            "Where do wheels draw rings in a field?",
            "Where is a harvest grown in a ring?",
        ],
        familyB: [
            "Where does a long arm walk in a circle over plants?",
            "Which land would a farmer water by turning a pipe?",
            "What farmland looks like a disc?", "Where are plants grown around a pivot?",
            "Which harvest has a round border?",
        ])

    private static let greenhouse = SceneUses(
        familyA: [
            "Where could tomatoes grow in winter?", "Where are plants kept warm under glass?",
            "What lets light in and keeps cold out for plants?",
            "Where could flowers be raised all year?",
            "Where does a gardener grow vegetables under cover?",
        ],
        familyB: [
            "What would hail break above the plants?", "Where could seedlings survive frost?",
            "Which glass roofs cover plants?", "Where is the air kept warm for vegetables?",
            "Where could someone pick tomatoes in the snow?",
        ])

    private static let solarFarm = SceneUses(
        familyA: [
            "Where is sunlight turned into electricity?",
            "What makes power without wind or fuel?", "Where do dark panels face the sun?",
            "What would give no power at night?",
            "Which place uses light to feed the grid?",
        ],
        familyB: [
            "What gives most power at noon?", "Which panels feed the grid?",
            "Where would clouds reduce the supply of electricity?",
            "What collects the light of the sun?", "Where do rows of dark glass make power?",
        ])

    private static let swimmingPool = SceneUses(
        familyA: [
            "Where could children learn to swim?", "Where can people cool off on a hot day?",
            "Which clear blue water is made for bathing?", "Where might someone dive for fun?",
            "What would a lifeguard watch?",
        ],
        familyB: [
            "Where could guests bathe?", "Which water is cleaned with chlorine?",
            "Where would people relax beside clear blue water?",
            "Where could someone swim a few lengths?", "What would a hotel offer on a hot day?",
        ])

    private static let carPark = SceneUses(
        familyA: [
            "Where can drivers leave their cars?", "Where do many cars stand still?",
            "Which paved places have marked stalls?",
            "Where would shoppers put their vehicles?",
            "Where could a hundred visitors stop with their cars?",
        ],
        familyB: [
            "Where would you look for a free stall?", "Where might visitors pay to stop?",
            "Which surfaces hold rows of cars?", "Where do commuters leave their vehicles?",
            "Where could a driver stop for an hour?",
        ])

    private static let windTurbine = SceneUses(
        familyA: [
            "What turns moving air into electricity?", "What has three blades that rotate?",
            "What makes power when the wind blows?", "Which machines need a steady breeze?",
            "What would stand still in calm air?",
        ],
        familyB: [
            "Which machines use a breeze to feed the grid?",
            "What would spin fast in a storm?",
            "What could be a danger to birds with its blades?",
            "What makes electricity on a windy hill?", "Which tall machines have a rotor?",
        ])
}
