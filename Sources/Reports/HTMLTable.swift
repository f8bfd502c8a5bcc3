/// A table with a heading for each column.
///
/// On a narrow screen a table of many columns becomes one block for each row, in which every cell has
/// its heading beside it. Any other scrolls sideways where it does not fit, with a shadow at the side
/// where there is more.
///
/// - Parameters:
///   - columns: the headings; the first column is text, the others are numbers
///   - rows: the cells
///   - highlighted: how many of the first rows stand out
///   - words: columns of words instead of numbers
/// - Returns: the table
public func htmlTable(
    _ columns: [String], rows: [[HTML]], highlighted: Int = 0, words: Set<Int> = []
) -> HTML {
    let isStacked = columns.count >= 5 || words.count >= 2
    let head = HTML.element(
        "tr", [:],
        columns.enumerated().map { place, title in
            words.contains(place)
                ? .element("th", ["scope": "col", "class": "words"], title)
                : .element("th", ["scope": "col"], title)
        })
    let body = rows.enumerated().map { index, row in
        // Words that take more than a third of a narrow screen get the whole of it there.
        let isLong = words.contains { $0 < row.count && row[$0].source.count > 40 }
        return HTML.element(
            "tr", ["class": index < highlighted ? "strong" : "plain"],
            row.enumerated().map { column, cell in
                if column == 0 { return .element("th", ["scope": "row"], [cell]) }
                let kind = !words.contains(column) ? "number" : isLong ? "words long" : "words"
                let heading = column < columns.count ? columns[column] : ""
                return isStacked
                    ? .element("td", ["class": kind, "data-heading": heading], [cell])
                    : .element("td", ["class": kind], [cell])
            })
    }
    return .element(
        "div",
        ["class": !isStacked ? "scroll" : "scroll stacked" + (columns.count == 5 ? " four" : "")],
        [
            .element(
                "table", [:], [.element("thead", [:], [head]), .element("tbody", [:], body)])
        ])
}

/// How tables look where they do not fit.
///
/// The shadows stay with the frame, what covers them moves with the table: where nothing is left to
/// scroll to, nothing is seen.
let tableStyle: StaticString = """
    :root { --shade: rgb(20 30 45 / .28); }
    @media (prefers-color-scheme: dark) { :root { --shade: rgb(255 255 255 / .26); } }
    .scroll {
      overflow-x: auto; margin: 12px 0;
      background:
        linear-gradient(to right, var(--ground) 40%, transparent) left / 40px 100% no-repeat local,
        linear-gradient(to left, var(--ground) 40%, transparent) right / 40px 100% no-repeat local,
        linear-gradient(to right, var(--shade), transparent) left / 14px 100% no-repeat scroll,
        linear-gradient(to left, var(--shade), transparent) right / 14px 100% no-repeat scroll;
    }
    @media (max-width: 520px) {
      .stacked table, .stacked tbody { display: block; }
      .stacked thead { display: none; }
      .stacked { width: 100%; }
      .stacked tr {
        display: grid; grid-template-columns: repeat(auto-fill, minmax(100px, 1fr)); gap: 6px 14px;
        padding: 10px 0; border-bottom: 1px solid var(--rule);
      }
      .stacked.four tr { grid-template-columns: repeat(4, minmax(0, 1fr)); column-gap: 8px; }
      .stacked tbody tr:first-child { border-top: 1px solid var(--rule); }
      .stacked th[scope=row], .stacked td { display: block; padding: 0; border: 0; min-width: 0; }
      .stacked th[scope=row], .stacked td.long { grid-column: 1 / -1; }
      .stacked th[scope=row]:empty { display: none; }
      .stacked th[scope=row] { font-weight: 650; overflow-wrap: anywhere; }
      .stacked td { white-space: normal; text-align: left; overflow-wrap: anywhere; }
      .stacked td::before { content: attr(data-heading); display: block; color: var(--soft); font-weight: 400; font-size: .8rem; line-height: 1.3; }
      .stacked td small { max-width: none; margin: 0; }
      pre { white-space: pre-wrap; overflow-wrap: anywhere; }
    }
    """
