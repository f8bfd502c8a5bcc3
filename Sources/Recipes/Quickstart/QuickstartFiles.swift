import Files
import Foundation

/// The models that the project carries.
public struct CarriedModels: Sendable, Hashable {
    /// The folder that holds both.
    public let folder: String
    /// The policy that answers explicit questions.
    public var policy: String { folder + "/policy" }
    /// The segmenter.
    public var segmenter: String { folder + "/segmenter" }

    /// Finds them: in `folder`, or where `THINK2SEG_RESOURCES` says, or in `Resources` where
    /// `ProjectFolders` looks for it.
    ///
    /// - Throws: `MissingInputError`
    public static func find(_ folder: String?) throws -> CarriedModels {
        let environment = ProcessInfo.processInfo.environment["THINK2SEG_RESOURCES"]
        var candidates = [folder ?? environment].compactMap { $0 }
        if candidates.isEmpty {
            candidates = ProjectFolders.candidates("Resources")
        }
        for candidate in candidates {
            let models = CarriedModels(folder: candidate)
            if [models.policy, models.segmenter].allSatisfy({
                FileManager.default.fileExists(atPath: $0 + "/model.safetensors")
            }) {
                return models
            }
        }
        throw MissingInputError(
            path: candidates[0],
            what: "folder with the carried models, policy/ and segmenter/; run in the project's "
                + "folder, or name it by THINK2SEG_RESOURCES")
    }
}

/// What is trained, and against what it is compared.
public enum QuickstartVariant: String, Sendable, Hashable, CaseIterable {
    /// GRPO on the masks' IoU.
    case rewarded
    /// The same with rewards shuffled within each group: whatever this learns, the reward did not teach.
    case shuffled
    /// The same with learning rate 0.
    case still

    /// A name for people.
    package var title: String {
        switch self {
        case .rewarded: "GRPO on mask rewards"
        case .shuffled: "the same with rewards shuffled within each group"
        case .still: "the same with learning rate 0"
        }
    }
}

/// Where a quickstart keeps its files.
public struct QuickstartFiles: Sendable, Hashable {
    /// The folder that everything is in.
    public let folder: String

    init(_ folder: String) {
        self.folder = folder
    }

    package var training: String { folder + "/scenes/training" }
    package var implicit: String { folder + "/scenes/implicit" }
    package var named: String { folder + "/scenes/named" }
    /// The scenes to train on, with implicit questions.
    public var train: String { training + "/train.h5" }
    /// The held-out scenes with implicit questions.
    public var heldOutImplicit: String { implicit + "/val.h5" }
    /// The same scenes with explicit questions.
    public var heldOutNamed: String { named + "/val.h5" }
    package var shards: [String] { [train, heldOutImplicit, heldOutNamed] }
    /// The page that shows everything.
    public var report: String { folder + "/report.html" }
    /// Held-out scenes before and after.
    public var strip: String { folder + "/before-after.png" }

    /// The folder of a training run.
    public func run(_ variant: QuickstartVariant) -> String {
        folder + (variant == .rewarded ? "/run" : "/control-\(variant.rawValue)")
    }

    /// A run's configuration, to start it again from.
    public func configuration(_ variant: QuickstartVariant) -> String {
        folder + (variant == .rewarded ? "/config.yaml" : "/config-\(variant.rawValue).yaml")
    }

    package func evaluation(_ name: String, _ kind: String) -> String {
        "\(folder)/evaluation/\(name)-\(kind)"
    }
}
