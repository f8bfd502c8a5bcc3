package import Configuration
import PolicyFamilies
public import SharedSettings

/// What configurations of all kinds of runs say about the policy that they train.
package protocol PolicySettings {
    var path: String { get set }
    var dtype: ModelDType { get set }
    var freeze: [String] { get set }
    var adapter: AdapterSection { get set }
}

/// The policy that is trained.
public struct PolicySection: Sendable, Hashable, PolicySettings {
    /// The folder of a policy's checkpoint.
    public var path = ""
    /// The element type of weights and computations.
    public var dtype = ModelDType.float32
    /// Whether logits are computed in float32 whatever `dtype` is.
    public var castsHeadToFloat32 = false
    /// Keys of parameters that stay as they are, `*` standing for anything.
    public var freeze: [String] = []
    /// What is trained instead of the weights.
    public var adapter = AdapterSection()

    /// The defaults.
    public init() {}
}

extension ConfigurationKey {
    /// The policy that is trained.
    package static func policy(_ section: WritableKeyPath<Root, PolicySection>) -> [Self] {
        policyCheckpoint(section) + [
            Self(
                "policy.cast_lm_head_to_fp32", section.appending(path: \.castsHeadToFloat32),
                "Whether logits are computed in float32 whatever dtype is"),
            policyFreeze(section),
        ] + adapter(section.appending(path: \.adapter))
    }

    /// Where a policy comes from, and in which type it computes.
    package static func policyCheckpoint<Section: PolicySettings>(
        _ section: WritableKeyPath<Root, Section>
    ) -> [Self] {
        [
            Self(
                "policy.path", path: section.appending(path: \.path),
                "The folder of a \(PolicyRegistry.names) checkpoint"),
            Self(
                "policy.dtype", section.appending(path: \.dtype),
                "The type of weights and computations"),
        ]
    }

    /// What of a policy is not trained.
    package static func policyFreeze<Section: PolicySettings>(
        _ section: WritableKeyPath<Root, Section>
    ) -> Self {
        Self(
            "policy.freeze", section.appending(path: \.freeze),
            "Keys of parameters that stay as they are, * standing for anything: visual.*")
    }
}
