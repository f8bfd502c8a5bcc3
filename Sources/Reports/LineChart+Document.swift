extension LineChart {
    /// The chart as an SVG file of its own, with its colours and the names of its curves.
    public var document: String {
        let names = series.enumerated().filter { !$0.element.name.isEmpty }
        let head = 26 + 18 * Double(names.count)
        let height = Self.documentSize.height + head
        let legend = names.enumerated().flatMap { row, entry -> [HTML] in
            let middle = 34 + 18 * Double(row) - head
            let color = "c\(entry.offset % Self.colorCount)"
            let kind = entry.element.style == .dashed ? "line dash" : "line"
            return [
                .element(
                    "path", ["class": "\(kind) \(color)", "d": "M12 \(number(middle))h24"]),
                .element(
                    "text", ["x": "44", "y": number(middle + 4)], entry.element.name),
            ]
        }
        let box = "0 \(number(-head)) \(number(Self.documentSize.width)) \(number(height))"
        return HTML.element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg", "viewBox": box, "class": "plot",
                "width": number(Self.documentSize.width * 1.5), "height": number(height * 1.5),
            ],
            [
                .element("title", title), .element("style", Self.documentStyle),
                .element(
                    "rect",
                    [
                        "x": "0", "y": number(-head), "width": number(Self.documentSize.width),
                        "height": number(height), "fill": "#ffffff",
                    ]),
                .element(
                    "text", ["class": "head", "x": "12", "y": number(18 - head)], title),
            ] + legend + parts(width: Self.documentSize.width, height: Self.documentSize.height)
        ).source + "\n"
    }

    private static let documentSize = (width: 480.0, height: 250.0)

    private static let documentStyle = """
        text { fill: #5b6470; font: 12px system-ui, sans-serif; } .head { fill: #1b1f24; font-weight: 600; }
        .grid { stroke: #dde1e6; } .axis { stroke: #5b6470; }
        .line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; }
        .dash { stroke-dasharray: 5 4; } .band { fill: var(--c); opacity: .18; stroke: none; }
        .raw { fill: none; stroke: var(--c); opacity: .3; } .mark { fill: var(--c); }
        .c0 { --c: #2563eb; } .c1 { --c: #c2410c; } .c2 { --c: #0f8a5f; }
        .c3 { --c: #a21caf; } .c4 { --c: #64748b; } .c5 { --c: #a16207; }
        """
}
