import Imaging
import TextFiles

/// The values that the labels of an import have.
struct LabelLevels {
    /// How many pixels of all labels have each level, as far as ``limit`` goes.
    private(set) var pixels: [LabelLevel: Int] = [:]
    /// How many labels there are.
    private(set) var labels = 0
    /// How many pixels they have together.
    private var area = 0
    /// How many of them have more than two levels, and the first that does.
    private var many: (count: Int, first: String)?
    /// The first label whose levels made the third one.
    private var third: String?
    private var paths: Set<String> = []

    /// More different levels than these are counted together.
    private static let limit = 1 << 16
    /// So many levels are named.
    private static let named = 8

    /// Counts a label, once however often it is read.
    ///
    /// - Parameters:
    ///   - levels: how many of its pixels have each level
    ///   - ignored: the levels that do not count
    ///   - path: the label's file
    /// - Returns: whether the label was not counted before
    mutating func add(
        _ levels: [LabelLevel: Int], ignored: LabelValues?, path: String
    ) -> Bool {
        guard paths.insert(path).inserted else { return false }
        labels += 1
        area += levels.values.reduce(0, +)
        let before = counted(ignored)
        for (level, count) in levels where pixels[level] != nil || pixels.count < Self.limit {
            pixels[level, default: 0] += count
        }
        let own = levels.keys.count { !(ignored?.contains($0) ?? false) }
        if own > 2 { many = (1 + (many?.count ?? 0), many?.first ?? path) }
        if before <= 2, counted(ignored) > 2 { third = path }
        return true
    }

    /// How many levels are not ignored, as far as three.
    private func counted(_ ignored: LabelValues?) -> Int {
        guard let ignored else { return pixels.count }
        var count = 0
        for level in pixels.keys where !ignored.contains(level) {
            count += 1
            if count > 2 { break }
        }
        return count
    }

    /// The commonest levels with their shares of pixels.
    static func text(_ levels: [LabelLevel: Int]) -> String {
        let area = Double(max(1, levels.values.reduce(0, +)))
        let sorted = levels.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let shown = sorted.prefix(named).map { level, count in
            "\(level) (\(percent(Double(count) / area)))"
        }
        let rest = sorted.count - shown.count
        return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    private static func percent(_ share: Double) -> String {
        let hundredths = Int((share * 10_000).rounded())
        if hundredths == 0 { return "below 0.01 %" }
        let digits = String(hundredths % 100)
        return "\(hundredths / 100).\(digits.count < 2 ? "0" : "")\(digits) %"
    }

    /// What is to be said about the levels under a rule.
    func problems(_ rule: LabelRule) -> [ImportProblem] {
        guard labels > 0 else { return [] }
        if rule.expectsTwoValues { return tooMany(rule).map { [$0] } ?? [] }
        return missing(rule)
    }

    private func tooMany(_ rule: LabelRule) -> ImportProblem? {
        guard let file = many?.first ?? third else { return nil }
        let finding =
            many.map { "\($0.count) of \(labels) labels have more than two values, this one first" }
            ?? "no label has more than two values, but all \(labels) together have"
        let above = rule.ignoreValues == nil ? "" : ", but for what --ignore-values names"
        return ImportProblem(
            severity: .warning, id: nil, file: file,
            message:
                "\(finding): \(Self.text(pixels)) of the pixels of all labels; what is above 0 "
                + "was taken as target\(above). --label-values says which values are target, "
                + "--ignore-values which do not count, --threshold from which on soft edges are")
    }

    /// Values that were named and do not occur: most likely a mistake.
    private func missing(_ rule: LabelRule) -> [ImportProblem] {
        var absent = (rule.labelValues?.parts ?? []).filter { part in
            !pixels.keys.contains(where: part.contains)
        }.map { "the value \($0.text) of --label-values" }
        if let threshold = rule.threshold,
            !pixels.keys.contains(where: { max($0.red, $0.green, $0.blue) >= threshold })
        {
            absent.append("a value of --threshold \(threshold) or more")
        }
        guard !absent.isEmpty else { return [] }
        return [
            ImportProblem(
                severity: .warning, id: nil, file: paths.min(by: precedes) ?? "",
                message:
                    "no pixel of the \(TextFiles.counted(labels, "label")) has \(absent.joined(separator: ", nor ")); "
                    + "they have \(Self.text(pixels))")
        ]
    }
}
