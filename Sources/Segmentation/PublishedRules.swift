import Imaging

/// An instance that the published parser accepts.
struct PublishedInstance {
    /// Its box, of whatever it may be made.
    let box: PublishedBox?
    /// What the segmenter is asked, or why that raises.
    let call: Result<SegmentationPrompt, InstanceProblem>
}

/// Which instances the published parser accepts, and what its call of the segmenter makes of them.
///
/// The call makes a NumPy array of each list and a tensor of that. Texts, null and objects give arrays
/// of no number type, lists of different lengths none at all.
struct PublishedRules {
    let grammar: AnswerGrammar
    let acceptance: AnswerAcceptance

    /// An instance, or why the parser rejects it.
    func instance(_ value: JSONValue) throws(InstanceProblem) -> PublishedInstance {
        guard case .object(let object) = value else { throw .notAnObject(found: value.kind) }
        if object[AnswerKey.box] == nil, object[AnswerKey.positivePoints] == nil {
            throw .nothingToPrompt
        }
        let box = try box(of: object)
        // Of points the parser asks what this project's does.
        let rules = InstanceRules(grammar: grammar, acceptance: acceptance)
        let positive = try rules.points(
            of: object, key: AnswerKey.positivePoints, count: grammar.positivePoints)
        let negative = try rules.points(
            of: object, key: AnswerKey.negativePoints, count: grammar.negativePoints)
        let call = Result { () throws(InstanceProblem) in
            try requireArray(ofPoints: object)
            let corners = try box?.called(hasPoints: !positive.isEmpty || !negative.isEmpty)
            return SegmentationPrompt(
                box: corners, positivePoints: positive, negativePoints: negative)
        }
        return PublishedInstance(box: box, call: call)
    }

    private func box(of object: JSONObject) throws(InstanceProblem) -> PublishedBox? {
        let key = AnswerKey.box
        guard let value = object[key] else {
            if grammar.box == .required { throw .missing(key: key) }
            return nil
        }
        if grammar.box == .forbidden { throw .unexpected(key: key) }
        guard case .array(let sides) = value else { throw .notAList(key: key, found: value.kind) }
        if sides.count != 4 { throw .count(key: key, found: sides.count, expected: 4) }
        return PublishedBox(sides: sides)
    }

    private func requireArray(ofPoints object: JSONObject) throws(InstanceProblem) {
        var numbers: [JSONValue] = []
        for key in [AnswerKey.positivePoints, AnswerKey.negativePoints] {
            guard let value = object[key] else { continue }
            // The call takes the length of what may be null for the parser.
            guard case .array(let points) = value else {
                throw .notAList(key: key, found: value.kind)
            }
            var scalars: [JSONValue] = []
            for case .array(let pair) in points { scalars += pair }
            try NumberArray.requireNumbers(scalars, key: key)
            numbers += scalars
        }
        try NumberArray.requireType(numbers, key: AnswerKey.positivePoints)
    }
}

/// What NumPy and torch make numbers of.
enum NumberArray {
    /// Fails for scalars of which one alone makes the array's type none of numbers.
    static func requireNumbers(_ scalars: [JSONValue], key: String) throws(InstanceProblem) {
        for scalar in scalars {
            switch scalar {
            case .string, .null, .object, .array:
                throw .notANumber(key: key, found: scalar.kind)
            case .integer(_, .beyond):
                throw .notANumber(key: key, found: "an integer beyond 64 bits")
            default: break
            }
        }
    }

    /// Fails for numbers whose array has a type that torch does not know; beside any other number large
    /// ones become floating-point numbers.
    static func requireType(_ scalars: [JSONValue], key: String) throws(InstanceProblem) {
        let isUnsigned = scalars.allSatisfy { $0.isBool || $0.isUnsigned }
        if isUnsigned, scalars.contains(where: \.isUnsigned) {
            throw .notANumber(key: key, found: "nothing but integers of 64 bits without sign")
        }
    }
}

extension JSONValue {
    /// The number that Python takes the value for; nil of what is none.
    fileprivate var pythonNumber: Double? {
        switch self {
        case .integer(let number, _), .real(let number): number
        case .bool(let flag): flag ? 1 : 0
        default: nil
        }
    }

    fileprivate var isBool: Bool { if case .bool = self { true } else { false } }
    fileprivate var isReal: Bool { if case .real = self { true } else { false } }
    fileprivate var isUnsigned: Bool {
        if case .integer(_, .unsigned64) = self { true } else { false }
    }
    fileprivate var isBeyond: Bool { if case .integer(_, .beyond) = self { true } else { false } }
}

/// A list of four that the published parser takes for a box.
struct PublishedBox {
    /// NumPy's arrays have no more dimensions.
    private static let dimensionLimit = 64
    let sides: [JSONValue]

    /// The corners, NaN where there is no number.
    var corners: Box {
        let numbers = sides.map { $0.pythonNumber ?? .nan }
        return Box(x1: numbers[0], y1: numbers[1], x2: numbers[2], y2: numbers[3])
    }

    /// Why Python cannot compute the area, which it does beside any other instance; nil if it can.
    var areaProblem: InstanceProblem? {
        for side in sides where side.pythonNumber == nil {
            return .notANumber(key: AnswerKey.box, found: side.kind)
        }
        // Such an integer cannot be added to a floating-point number.
        if sides.contains(where: \.isReal), sides.contains(where: { $0.isBeyondDouble }) {
            return .notANumber(key: AnswerKey.box, found: "an infinite number")
        }
        return nil
    }

    /// Why NumPy cannot compute the overlaps of boxes that have areas; nil if it can.
    static func overlapProblem(_ boxes: [PublishedBox]) -> InstanceProblem? {
        let sides = boxes.flatMap(\.sides)
        // It does not subtract truth values.
        if sides.allSatisfy(\.isBool) {
            return .notANumber(key: AnswerKey.box, found: JSONValue.bool(true).kind)
        }
        // Beyond 64 bits it divides as Python does: by 0 not at all.
        guard sides.contains(where: \.isBeyond) else { return nil }
        for a in boxes.map(\.corners) {
            for b in boxes.map(\.corners) where BoxSuppression.union(a, b) == 0 {
                return .notANumber(key: AnswerKey.box, found: "an integer beyond 64 bits")
            }
        }
        return nil
    }

    /// The box that the segmenter is called with, or why that raises.
    ///
    /// Lists of equal length in the place of numbers are several boxes, which do not go with points;
    /// the mask that counts is the first one's.
    func called(hasPoints: Bool) throws(InstanceProblem) -> Box {
        let key = AnswerKey.box
        guard shape(of: .array(sides), depth: 0) != nil else {
            throw .notANumber(key: key, found: "lists that do not fit each other")
        }
        let scalars = scalars(of: .array(sides))
        try NumberArray.requireNumbers(scalars, key: key)
        try NumberArray.requireType(scalars, key: key)
        let isSeveral = scalars.count > 4
        if scalars.isEmpty || isSeveral && hasPoints {
            throw .count(key: key, found: scalars.count, expected: 4)
        }
        let numbers = scalars.prefix(4).map { $0.pythonNumber ?? .nan }
        return Box(x1: numbers[0], y1: numbers[1], x2: numbers[2], y2: numbers[3])
    }

    /// The sides of the array that NumPy makes; nil where it makes none.
    private func shape(of value: JSONValue, depth: Int) -> [Int]? {
        guard case .array(let items) = value else { return [] }
        if depth == Self.dimensionLimit { return nil }
        guard let first = items.first else { return [0] }
        guard let inner = shape(of: first, depth: depth + 1) else { return nil }
        for item in items.dropFirst() where shape(of: item, depth: depth + 1) != inner {
            return nil
        }
        return [items.count] + inner
    }

    private func scalars(of value: JSONValue) -> [JSONValue] {
        guard case .array(let items) = value else { return [value] }
        return items.flatMap(scalars)
    }
}

extension JSONValue {
    fileprivate var isBeyondDouble: Bool {
        if case .integer(let number, _) = self { number.isInfinite } else { false }
    }
}
