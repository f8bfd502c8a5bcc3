import Files

/// What to do about a path that is not there and is a name on the hub.
///
/// - Parameters:
///   - words: what is said, the path first
///   - arguments: the words of the command line, without the program's name
/// - Returns: nil if it is none, or stands for what the hub has none of, as runs
func hubAdvice(_ words: String, _ arguments: [String]) -> String? {
    guard !words.contains("Hugging Face hub") else { return nil }
    let parts = words.firstRange(of: ": ")
    let path = parts.map { String(words[..<$0.lowerBound]) } ?? words
    let what = parts.map { String(words[$0.upperBound...]) } ?? ""
    let isImport = arguments.starts(with: ["data", "import"])
    guard let place = isImport ? .dataSet : HubName.Place.of(what) else { return nil }
    return HubName(path, as: place)?.advice
}
