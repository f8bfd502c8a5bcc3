/// A number of things in words: 1 sample, 2 samples.
///
/// - Parameters:
///   - number: how many
///   - noun: what one of them is called
///   - plural: what several are called; nil for the noun with an s
/// - Returns: the words
package func counted(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
}
