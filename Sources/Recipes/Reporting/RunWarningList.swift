import Reports
import Runs

extension RunRecord {
    /// What the run has warned of, as the first thing that its page shows; nothing where it has not.
    ///
    /// - Parameter name: the run's, where the page is about several
    /// - Returns: a list in a frame
    func warningList(of name: String? = nil) -> HTML {
        let warnings = RunWarnings.read(run: path)
        if warnings.isEmpty { return .none }
        let begin = "This run warns" + (name == nil ? "" : " (\(name ?? ""))")
        return .element(
            "div", ["class": "warnings"],
            [
                .element("h2", begin),
                .element(
                    "ul", [:],
                    warnings.map { warning in
                        .element(
                            "li", [:],
                            [
                                .element("b", "After step \(warning.step): "),
                                .text("\(warning.message). "),
                                .element("span", ["class": "lead"], warning.hint + "."),
                            ])
                    }),
            ])
    }
}
