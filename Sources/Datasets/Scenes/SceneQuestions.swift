/// The ways to ask for a class and to answer.
public enum SceneQuestions {
    /// The phrasings for a class in a style.
    ///
    /// The implicit families name a use or a look instead of the class, and no phrasing is in two
    /// families, so that one can be kept away from training.
    public static func phrasings(
        for sceneClass: SceneClass, style: SceneQuestionStyle
    ) -> [String] {
        switch style {
        case .explicit: explicit(sceneClass)
        case .implicitA: familyA(sceneClass)
        case .implicitB: familyB(sceneClass)
        case .mixed: explicit(sceneClass) + familyA(sceneClass) + familyB(sceneClass)
        }
    }

    /// The answer for `count` objects of a class, such as "The two storage tanks."; for none it
    /// says so.
    public static func answer(for sceneClass: SceneClass, count: Int) -> String {
        switch count {
        case ..<1: "There is no \(sceneClass.singular) in the image."
        case 1: "The \(sceneClass.singular)."
        case ..<numerals.count: "The \(numerals[count]) \(sceneClass.plural)."
        default: "The \(count) \(sceneClass.plural)."
        }
    }

    private static let numerals = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ]

    /// Ways to ask for a kind of object by its name.
    ///
    /// - Parameters:
    ///   - one: the name of one, such as "storage tank"
    ///   - many: the name of several
    /// - Returns: six questions
    public static func naming(one: String, many: String) -> [String] {
        [
            "Find the \(many).", "Segment every \(one).", "Where are the \(many)?",
            "Show all \(many) in the image.", "Mark each \(one).",
            "Which pixels belong to a \(one)?",
        ]
    }

    private static func explicit(_ sceneClass: SceneClass) -> [String] {
        naming(one: sceneClass.singular, many: sceneClass.plural)
    }

    private static func familyA(_ sceneClass: SceneClass) -> [String] {
        switch sceneClass {
        case .storageTank:
            [
                "Where could fuel be stored?", "What holds a large amount of oil?",
                "Which round containers keep liquids for industry?",
                "Where is petrol kept before trucks collect it?",
                "What would a refinery fill with its product?",
            ]
        case .ship:
            [
                "What can carry goods across the sea?", "What floats and moves on the water?",
                "Which vehicles need a harbour?", "What would a captain steer?",
                "What could bring a load to another port?",
            ]
        case .plane:
            [
                "What can take people through the air?", "Which vehicles need a runway?",
                "What would a pilot fly?", "What has wings and carries passengers?",
                "How could travellers reach another continent within a day?",
            ]
        case .sportsField:
            [
                "Where could people play a match?", "Where can a team train?",
                "Which places have lines for a game?", "Where would spectators watch players?",
                "Where could a school hold its sports day?",
            ]
        case .building:
            [
                "Where could people live or work?", "What has a roof over rooms?",
                "Where can people shelter from the rain?", "What would an architect design?",
                "Where could a family sleep at night?",
            ]
        case .pond:
            [
                "Where could ducks swim?", "Which small water lies still?",
                "Where could frogs live?", "Where might someone fish far from the sea?",
                "What small natural basin holds rain water?",
            ]
        case .cropCircle:
            [
                "Which round land is watered by a turning arm?",
                "Where does a pivot water the plants?",
                "Which fields are shaped by an arm that turns around a centre?",
                "Where do wheels draw rings in a field?",
                "Where is a harvest grown in a ring?",
            ]
        case .greenhouse:
            [
                "Where could tomatoes grow in winter?", "Where are plants kept warm under glass?",
                "What lets light in and keeps cold out for plants?",
                "Where could flowers be raised all year?",
                "Where does a gardener grow vegetables under cover?",
            ]
        case .solarFarm:
            [
                "Where is sunlight turned into electricity?",
                "What makes power without wind or fuel?", "Where do dark panels face the sun?",
                "What would give no power at night?",
                "Which place uses light to feed the grid?",
            ]
        case .swimmingPool:
            [
                "Where could children learn to swim?", "Where can people cool off on a hot day?",
                "Which clear blue water is made for bathing?", "Where might someone dive for fun?",
                "What would a lifeguard watch?",
            ]
        case .carPark:
            [
                "Where can drivers leave their cars?", "Where do many cars stand still?",
                "Which paved places have marked stalls?",
                "Where would shoppers put their vehicles?",
                "Where could a hundred visitors stop with their cars?",
            ]
        case .windTurbine:
            [
                "What turns moving air into electricity?", "What has three blades that rotate?",
                "What makes power when the wind blows?", "Which machines need a steady breeze?",
                "What would stand still in calm air?",
            ]
        }
    }

    private static func familyB(_ sceneClass: SceneClass) -> [String] {
        switch sceneClass {
        case .storageTank:
            [
                "Where would a leak spill a lot of oil?", "What keeps a reserve of petrol?",
                "Which structures hold industrial liquid?", "What could a pipeline fill with fuel?",
                "Where is a liquid product kept in bulk?",
            ]
        case .ship:
            [
                "Which things could sink?", "What leaves a trail of foam on the water?",
                "What carries a crew over the sea?", "What could be tied up in a port?",
                "Which vehicles have a hull and a deck?",
            ]
        case .plane:
            [
                "Which vehicles could take off?", "What can fly to another country?",
                "What is parked with its wings spread?", "What does an airport serve?",
                "What would a mechanic check before a flight?",
            ]
        case .sportsField:
            [
                "Where could athletes compete?", "Which ground is made for games?",
                "Where would a referee work?", "Where could children play with a ball?",
                "Which places need their lines painted for players?",
            ]
        case .building:
            [
                "What has walls and a door?", "Where could an office or a home be?",
                "Which structures were built for people to stay in?",
                "What needs a roof against the rain?", "Where might someone keep a bed and a desk?",
            ]
        case .pond:
            [
                "Where could a heron hunt for frogs?", "Which still water has reeds around it?",
                "Where could cattle drink from standing water?",
                "What small water would freeze first in winter?",
                "Where might water lilies grow?",
            ]
        case .cropCircle:
            [
                "Where does a long arm walk in a circle over plants?",
                "Which land would a farmer water by turning a pipe?",
                "What farmland looks like a disc?", "Where are plants grown around a pivot?",
                "Which harvest has a round border?",
            ]
        case .greenhouse:
            [
                "What would hail break above the plants?", "Where could seedlings survive frost?",
                "Which glass roofs cover plants?", "Where is the air kept warm for vegetables?",
                "Where could someone pick tomatoes in the snow?",
            ]
        case .solarFarm:
            [
                "What gives most power at noon?", "Which panels feed the grid?",
                "Where would clouds reduce the supply of electricity?",
                "What collects the light of the sun?", "Where do rows of dark glass make power?",
            ]
        case .swimmingPool:
            [
                "Where could guests bathe?", "Which water is cleaned with chlorine?",
                "Where would people relax beside clear blue water?",
                "Where could someone swim a few lengths?", "What would a hotel offer on a hot day?",
            ]
        case .carPark:
            [
                "Where would you look for a free stall?", "Where might visitors pay to stop?",
                "Which surfaces hold rows of cars?", "Where do commuters leave their vehicles?",
                "Where could a driver stop for an hour?",
            ]
        case .windTurbine:
            [
                "Which machines use a breeze to feed the grid?",
                "What would spin fast in a storm?",
                "What could be a danger to birds with its blades?",
                "What makes electricity on a windy hill?", "Which tall machines have a rotor?",
            ]
        }
    }
}
