import Imaging

/// Makes a prompt of one instance, or says what is wrong with it.
struct InstanceRules {
    let grammar: AnswerGrammar
    let acceptance: AnswerAcceptance

    func prompt(of instance: JSONValue) throws(InstanceProblem) -> SegmentationPrompt {
        guard case .object(let object) = instance else {
            throw .notAnObject(found: instance.kind)
        }
        if object[AnswerKey.box] == nil, object[AnswerKey.positivePoints] == nil {
            throw .nothingToPrompt
        }
        let prompt = SegmentationPrompt(
            box: try box(of: object),
            positivePoints: try points(
                of: object, key: AnswerKey.positivePoints, count: grammar.positivePoints),
            negativePoints: try points(
                of: object, key: AnswerKey.negativePoints, count: grammar.negativePoints))
        if prompt.box == nil, prompt.positivePoints.isEmpty { throw .nothingToPrompt }
        return prompt
    }

    private func box(of object: JSONObject) throws(InstanceProblem) -> Box? {
        let key = AnswerKey.box
        guard let value = object[key] else {
            if grammar.box == .required { throw .missing(key: key) }
            return nil
        }
        if grammar.box == .forbidden { throw .unexpected(key: key) }
        let list = try list(value, key: key)
        if list.count != 4 { throw .count(key: key, found: list.count, expected: 4) }
        var numbers: [Double] = []
        for value in list { numbers.append(try boxCoordinate(value)) }
        return Box(x1: numbers[0], y1: numbers[1], x2: numbers[2], y2: numbers[3])
    }

    /// The points of a key, exactly `count` of them.
    ///
    /// With 0, the key is absent or null; lenient acceptance lets any points be absent, but not
    /// wrong.
    func points(
        of object: JSONObject, key: String, count: Int
    ) throws(InstanceProblem) -> [Point] {
        guard let value = object[key] else {
            if count > 0, acceptance == .strict { throw .missing(key: key) }
            return []
        }
        if count == 0 {
            if value == .null { return [] }
            throw .unexpected(key: key)
        }
        let list = try list(value, key: key)
        if list.count != count { throw .count(key: key, found: list.count, expected: count) }
        var points: [Point] = []
        for (offset, value) in list.enumerated() {
            guard case .array(let pair) = value, pair.count == 2 else {
                throw .notAPair(key: key, number: offset + 1)
            }
            points.append(
                Point(
                    x: try pointCoordinate(pair[0], key: key),
                    y: try pointCoordinate(pair[1], key: key)))
        }
        return points
    }

    private func list(_ value: JSONValue, key: String) throws(InstanceProblem) -> [JSONValue] {
        guard case .array(let list) = value else {
            throw .notAList(key: key, found: value.kind)
        }
        return list
    }

    /// A number or a boolean, which Python counts among the numbers.
    private func boxCoordinate(_ value: JSONValue) throws(InstanceProblem) -> Double {
        switch value {
        case .integer(let number, _), .real(let number):
            return try finite(number, key: AnswerKey.box)
        case .bool(let flag): return flag ? 1 : 0
        default: throw .notANumber(key: AnswerKey.box, found: value.kind)
        }
    }

    /// What Python's `float()` makes of the value: any number, NaN and the infinities among them.
    private func pointCoordinate(
        _ value: JSONValue, key: String
    ) throws(InstanceProblem) -> Double {
        switch value {
        case .integer(let number, _): return try finite(number, key: key)
        case .real(let number): return number
        case .bool(let flag): return flag ? 1 : 0
        case .string(let text):
            guard let number = PythonText.float(text) else {
                throw .notANumber(key: key, found: "a string that is no number")
            }
            return number
        default: throw .notANumber(key: key, found: value.kind)
        }
    }

    /// What keeps a segmenter from using a prompt of these rules: a point that is nowhere.
    func problem(with prompt: SegmentationPrompt) -> InstanceProblem? {
        for (key, points) in [
            (AnswerKey.positivePoints, prompt.positivePoints),
            (AnswerKey.negativePoints, prompt.negativePoints),
        ] {
            for number in points.flatMap({ [$0.x, $0.y] }) where !number.isFinite {
                return notFinite(number, key: key)
            }
        }
        return nil
    }

    private func finite(_ number: Double, key: String) throws(InstanceProblem) -> Double {
        if number.isFinite { return number }
        throw notFinite(number, key: key)
    }

    private func notFinite(_ number: Double, key: String) -> InstanceProblem {
        .notANumber(key: key, found: number.isNaN ? "NaN" : "an infinite number")
    }
}

extension InstanceProblem: Error {}
