package import Files
package import Foundation

extension StepMetrics {
    /// The numbers of a line of `metrics.jsonl`, in no order; nil if it is none.
    ///
    /// One that is not finite is NaN.
    package init?(line: Data) {
        guard let object = try? JSONSerialization.jsonObject(with: line) as? [String: Any],
            let step = (object["step"] as? NSNumber)?.intValue
        else { return nil }
        self.init(step: step)
        for (name, value) in object where name != "step" {
            append(name, (value as? NSNumber)?.doubleValue ?? .nan)
        }
    }
}
