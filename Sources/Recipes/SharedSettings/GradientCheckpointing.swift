public import Configuration

/// Whether an update keeps only the input of each layer, and computes the rest again for the gradient.
///
/// The gradients are the same to the bit either way.
public enum GradientCheckpointing: String, Sendable, CaseIterable, ConfigurationValue {
    /// Where the layers would keep more than ``leastBytes``.
    case auto
    /// Always: one more forward pass of each layer.
    case on = "true"
    /// Never.
    case off = "false"

    /// What ``auto`` lets layers keep: 1 GiB.
    package static let leastBytes = 1 << 30

    /// Whether layers are computed again that would keep so many bytes.
    package func isUsed(keptBytes: Int) -> Bool {
        switch self {
        case .auto: keptBytes > Self.leastBytes
        case .on: true
        case .off: false
        }
    }
}

extension ConfigurationKey {
    /// Whether layers are computed again for the gradient.
    package static func checkpointing(
        _ path: WritableKeyPath<Root, GradientCheckpointing>
    ) -> Self {
        Self(
            "training.gradient_checkpointing", path,
            "Whether an update keeps only the input of each layer, and computes the layer again for the "
                + "gradient: the same bytes, less memory, one more forward pass; auto: where the layers "
                + "would keep more than 1 GiB")
    }
}
