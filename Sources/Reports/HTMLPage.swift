/// A page that needs nothing but itself: no network, no script, fonts of the system.
public struct HTMLPage: Sendable {
    /// The page's title.
    public var title: String
    /// One line above the title; empty for none.
    public var kicker: String
    /// What stands below the title.
    public var body: [HTML]
    /// Seconds after which a browser loads the file again; nil for never.
    public var renewal: Int?

    /// A page.
    public init(title: String, kicker: String = "", body: [HTML] = []) {
        self.title = title
        self.kicker = kicker
        self.body = body
    }

    /// Adds a section with a heading and an anchor.
    ///
    /// - Parameters:
    ///   - heading: the heading
    ///   - id: the anchor
    ///   - lead: a paragraph that says what is seen and how to read it; empty for none
    ///   - content: the rest
    public mutating func addSection(
        _ heading: String, id: String, lead: String = "", _ content: [HTML]
    ) {
        body.append(
            .element(
                "section", ["id": id],
                [
                    .element("h2", heading),
                    lead.isEmpty ? .none : .element("p", ["class": "lead"], lead),
                ] + content))
    }

    /// The file: HTML that is well-formed XML too.
    public var source: String {
        let head = HTML.element(
            "head", [:],
            [
                .element("meta", ["charset": "utf-8"]),
                .element(
                    "meta",
                    ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
                .element("meta", ["name": "color-scheme", "content": "light dark"]),
                renewal.map {
                    .element("meta", ["http-equiv": "refresh", "content": "\($0)"])
                } ?? .none,
                .element("title", title), .style(pageStyle), .style(tableStyle),
            ])
        let header = HTML.element(
            "header", [:],
            [
                kicker.isEmpty ? .none : .element("p", ["class": "kicker"], kicker),
                .element("h1", title),
            ])
        let page = HTML.element(
            "html", ["lang": "en"],
            [head, .element("body", [:], [.element("main", [:], [header] + body)])])
        return "<!DOCTYPE html>\n" + page.source + "\n"
    }
}

private let pageStyle: StaticString = """
    :root {
      color-scheme: light dark;
      --ground: #ffffff; --raised: #f6f7f9; --ink: #1b1f24; --soft: #5b6470; --rule: #dde1e6;
      --good: #0b7a4b; --bad: #b42318;
      --c0: #2563eb; --c1: #c2410c; --c2: #0f8a5f; --c3: #a21caf; --c4: #64748b; --c5: #a16207;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --ground: #14171b; --raised: #1d2126; --ink: #e7eaee; --soft: #a0a9b4; --rule: #343b44;
        --good: #4ade80; --bad: #fb7185;
        --c0: #6ea8ff; --c1: #fb923c; --c2: #34d399; --c3: #e879f9; --c4: #94a3b8; --c5: #facc15;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0; background: var(--ground); color: var(--ink);
      font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
      -webkit-text-size-adjust: 100%; text-size-adjust: 100%;
    }
    main { max-width: 1120px; margin: 0 auto; padding: 28px 20px 64px; }
    h1 { font-size: clamp(1.5rem, 4vw, 2.1rem); line-height: 1.2; margin: 0 0 12px; text-wrap: balance; }
    h2 { font-size: 1.3rem; line-height: 1.25; margin: 0 0 8px; }
    h3 { font-size: 1.05rem; margin: 28px 0 8px; }
    p { margin: 0 0 12px; max-width: 72ch; overflow-wrap: anywhere; }
    section { margin-top: 44px; padding-top: 24px; border-top: 1px solid var(--rule); }
    .kicker { color: var(--soft); margin: 0 0 4px; font-size: .9rem; }
    .lead, .note { color: var(--soft); }
    .note { font-size: .85rem; margin: 6px 0 0; }
    .summary { font-size: 1.08rem; }
    .warnings { background: var(--raised); border: 1px solid var(--bad); border-radius: 10px; padding: 12px 16px; margin: 0 0 18px; }
    .warnings h2 { font-size: 1.05rem; color: var(--bad); }
    .warnings ul { margin: 0; padding-left: 1.2em; }
    .warnings li { margin: 0 0 6px; max-width: 80ch; overflow-wrap: anywhere; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(230px, 1fr)); gap: 12px; margin: 20px 0 8px; }
    .tile { background: var(--raised); border: 1px solid var(--rule); border-radius: 10px; padding: 14px 16px; }
    .tile .name { color: var(--soft); font-size: .85rem; }
    .tile .value { font-size: 1.55rem; font-weight: 650; font-variant-numeric: tabular-nums; line-height: 1.3; white-space: nowrap; }
    .tile .arrow { color: var(--soft); font-weight: 400; padding: 0 .15em; }
    .tile .more { font-size: .85rem; color: var(--soft); }
    .up { color: var(--good); } .down { color: var(--bad); }
    table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
    th, td { padding: 6px 14px 6px 0; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; vertical-align: top; }
    th[scope=row], th:first-child { text-align: left; font-weight: 500; }
    th[scope=row] { white-space: normal; min-width: 9em; }
    thead th { color: var(--soft); font-weight: 500; font-size: .85rem; }
    tr.strong td, tr.strong th { font-weight: 650; }
    td small { color: var(--soft); font-weight: 400; display: block; font-size: .82rem; }
    .sides { display: flex; flex-wrap: wrap; gap: 0 32px; align-items: start; }
    .sides > * { max-width: 100%; }
    td:has(.bar), td.words, th.words { text-align: left; }
    td.words { white-space: normal; overflow-wrap: anywhere; }
    .bar { display: inline-block; height: .7em; background: var(--c0); border-radius: 2px; min-width: 1px; vertical-align: baseline; }
    .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 20px 24px; margin-top: 16px; }
    figure { margin: 0; min-width: 0; }
    .chart.wide { grid-column: 1 / -1; max-width: 640px; }
    .chart.rows { grid-column: 1 / -1; max-width: 480px; }
    figcaption { font-weight: 600; font-size: .95rem; }
    .legend { display: flex; flex-wrap: wrap; gap: 2px 16px; font-size: .85rem; color: var(--soft); margin: 2px 0; }
    .key { display: inline-flex; align-items: center; gap: 6px; }
    .swatch { width: 18px; height: 0; border-top: 3px solid var(--c); border-radius: 2px; }
    .swatch.dash { border-top-style: dashed; border-radius: 0; }
    .c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); }
    .c3 { --c: var(--c3); } .c4 { --c: var(--c4); } .c5 { --c: var(--c5); }
    .plot { width: 100%; height: auto; display: block; overflow: visible; }
    .plot text { fill: var(--soft); font-size: 12px; font-family: inherit; font-variant-numeric: tabular-nums; }
    .plot .grid { stroke: var(--rule); stroke-width: 1; }
    .plot .axis { stroke: var(--soft); stroke-width: 1; }
    .plot .line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
    .plot .dash { stroke-dasharray: 5 4; }
    .plot .raw { fill: none; stroke: var(--c); stroke-width: 1; opacity: .3; stroke-linejoin: round; }
    .plot .band { fill: var(--c); opacity: .16; stroke: none; }
    .plot .part { fill: none; stroke: var(--c); stroke-width: 1.2; opacity: .8; }
    .plot text.row { fill: var(--ink); }
    .plot .mark { fill: var(--c); stroke: var(--ground); stroke-width: 1.2; }
    .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); gap: 18px; margin-top: 12px; }
    .card { background: var(--raised); border: 1px solid var(--rule); border-radius: 10px; padding: 14px; min-width: 0; }
    .card .question { font-weight: 600; margin: 0; }
    .card .score { margin: 0 0 10px; font-size: .9rem; color: var(--soft); font-variant-numeric: tabular-nums; }
    .card .score b { color: var(--ink); }
    .shots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(130px, 45%), 1fr)); gap: 8px; }
    .shots figure { font-size: .82rem; }
    .shots figcaption { font-weight: 500; font-size: .82rem; color: var(--soft); margin-bottom: 3px; }
    .said { margin: 10px 0 0; font-size: .88rem; max-width: none; }
    .said span { color: var(--soft); }
    .said summary, .said .whole { overflow-wrap: anywhere; }
    .said .whole { margin: 8px 0 0; padding: 8px 10px; border-left: 3px solid var(--rule); max-height: 24em; overflow-y: auto; max-width: none; }
    @media (max-width: 520px) {
      .shots.truth-last figure:last-child { display: none; }
      .plot.broad text { font-size: 15px; }
      main { padding: 20px 16px 48px; }
      table { font-size: .85rem; }
      th, td { padding-right: 10px; }
      th[scope=row] { white-space: normal; min-width: 84px; }
      td small { white-space: normal; max-width: 6.2em; margin-left: auto; }
      section { margin-top: 32px; }
    }
    .shot { width: 100%; height: auto; display: block; border-radius: 6px; background: #000; overflow: hidden; }
    .shot .mask { fill: #e6189c; fill-opacity: .42; fill-rule: evenodd; stroke: #ff4fbd; stroke-width: 1; vector-effect: non-scaling-stroke; }
    .shot .ignored { fill: #9aa3ad; fill-opacity: .6; fill-rule: evenodd; }
    .shot .truth { fill: none; stroke: #7dff5a; stroke-width: 1.6; stroke-linejoin: round; vector-effect: non-scaling-stroke; filter: drop-shadow(0 0 1px #000); }
    .shot .box { fill: none; stroke: #ffd21f; stroke-width: 1.6; vector-effect: non-scaling-stroke; filter: drop-shadow(0 0 1px #000); }
    .shot .dot { stroke: #000; stroke-width: 1; vector-effect: non-scaling-stroke; }
    .shot .in { fill: #ffffff; } .shot .out { fill: #ff3b30; }
    .codes { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: .88rem; margin: 4px 0 8px; }
    .codes .key i { width: 16px; height: 12px; border-radius: 2px; display: inline-block; background: #2b3038; position: relative; }
    .codes .key i.m { background: #c41a87; outline: 1px solid #ff4fbd; }
    .codes .key i.g { background: #9aa3ad; }
    .codes .key i.t { outline: 2px solid #58d838; outline-offset: -2px; }
    .codes .key i.b { outline: 2px solid #ffd21f; outline-offset: -2px; }
    .codes .key i.p { width: 10px; height: 10px; border-radius: 50%; background: #fff; border: 1.5px solid #000; }
    details { margin-top: 12px; }
    summary { cursor: pointer; }
    pre { background: var(--raised); border: 1px solid var(--rule); border-radius: 8px; padding: 12px; overflow-x: auto; font: .82rem/1.45 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
    code { font: .88em ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
    """
