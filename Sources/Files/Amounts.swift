import Foundation

/// A count in millions, for people.
package func millions(_ count: Int) -> String {
    String(format: count < 10_000_000 ? "%.2f" : "%.0f", Double(count) / 1e6)
}

/// Bytes as people read them: MB below 10 GB.
package func megabytes(_ bytes: Int) -> String {
    let value = Double(bytes) / 1e6
    if value >= 10_000 { return String(format: "%.1f GB", value / 1000) }
    return String(format: value < 10 ? "%.1f MB" : "%.0f MB", value)
}
