import Configuration
import Files
import Foundation

extension AblationPlan {
    /// What is wrong with the configurations of a plan that has problems itself, so that all is said at
    /// once: the plan is taken as far as it could be read.
    ///
    /// - Parameters:
    ///   - known: what is wrong with the plan; its keys are not said twice
    ///   - requiresInputs: whether files that are named and not there are problems
    /// - Returns: the problems
    func furtherProblems(
        _ known: [ConfigurationProblem], requiresInputs: Bool
    ) -> [ConfigurationProblem] {
        guard !base.isEmpty else { return [] }
        do {
            _ = try AblationGrid(self, requiresInputs: requiresInputs)
            return []
        } catch let error as ConfigurationError {
            // Which variants are the same is seen when all of them can be read.
            let said = Set(known.map(\.key) + ["axes"])
            return error.problems.filter { problem in
                let isOfPlan = problem.location == file || problem.key.hasPrefix("measure.")
                return !said.contains(problem.key) || !isOfPlan
            }
        } catch let error as MissingInputError {
            return [
                ConfigurationProblem(
                    location: file, key: "base", message: "\(error)", isMissingInput: true)
            ]
        } catch {
            return [ConfigurationProblem(location: file, key: "base", message: "\(error)")]
        }
    }
}
