/// The project itself.
public enum Think2Seg {
    /// The version, as `--version` prints it.
    public static let version = "0.1.0"
}
