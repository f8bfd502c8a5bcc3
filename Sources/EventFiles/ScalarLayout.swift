/// Which charts TensorBoard's tab "Custom Scalars" shows, in which order.
public struct ScalarLayout: Sendable, Hashable {
    /// A chart.
    public struct Chart: Sendable, Hashable {
        /// Its title.
        public var title: String
        /// Its curves: those of the names that one of these regular expressions matches from their start.
        public var tags: [String]

        /// A chart from its parts.
        public init(_ title: String, _ tags: [String]) {
            self.title = title
            self.tags = tags
        }
    }

    /// Charts under a heading.
    public struct Category: Sendable, Hashable {
        /// The heading.
        public var title: String
        /// The charts, in order.
        public var charts: [Chart]

        /// A category from its parts.
        public init(_ title: String, _ charts: [Chart]) {
            self.title = title
            self.charts = charts
        }
    }

    /// The name under which TensorBoard looks for a layout.
    public static let tag = "custom_scalars__config__"

    /// The categories, in order.
    public var categories: [Category]

    /// A layout from its categories.
    public init(_ categories: [Category]) { self.categories = categories }

    /// The layout as TensorBoard's message `Layout` of `custom_scalar/layout.proto`: 2 categories, each with
    /// 1 title and 2 charts, each with 1 title and 2 curves, which have 1 names.
    public var serialized: [UInt8] {
        categories.flatMap { category in
            Self.field(
                2,
                Self.field(1, category.title)
                    + category.charts.flatMap { chart in
                        Self.field(
                            2,
                            Self.field(1, chart.title)
                                + Self.field(2, chart.tags.flatMap { Self.field(1, $0) }))
                    })
        }
    }

    private static func field(_ number: UInt8, _ text: String) -> [UInt8] {
        field(number, Array(text.utf8))
    }

    /// A field with a length before its bytes.
    private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        var (rest, length) = (bytes.count, [UInt8]())
        repeat {
            length.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return [number << 3 | 2] + length + bytes
    }
}
