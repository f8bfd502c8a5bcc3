import Foundation

/// A text as it stands in HTML and XML, in an element or in a quoted attribute.
///
/// - Parameter text: any text
/// - Returns: the text with `&`, `<`, `>`, `"` and `'` written as entities, and U+FFFD for what XML
///   lets nobody write: control characters, U+FFFE and U+FFFF
public func htmlEscaped(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result.append(contentsOf: "&amp;".unicodeScalars)
        case "<": result.append(contentsOf: "&lt;".unicodeScalars)
        case ">": result.append(contentsOf: "&gt;".unicodeScalars)
        case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
        case "'": result.append(contentsOf: "&#39;".unicodeScalars)
        case "\t", "\n", "\r": result.append(scalar)
        case "\u{0}"..<" ", "\u{7F}"..<"\u{A0}", "\u{FFFE}", "\u{FFFF}": result.append("\u{FFFD}")
        default: result.append(scalar)
        }
    }
    return String(result)
}

/// A piece of a page whose tags are closed and whose texts are escaped, because there is no other
/// way to make one.
public struct HTML: Hashable, Sendable {
    /// What stands in the file.
    public let source: String

    private init(source: String) { self.source = source }

    /// A text, escaped.
    public static func text(_ text: String) -> HTML { HTML(source: htmlEscaped(text)) }

    /// Nothing.
    public static let none = HTML(source: "")

    /// Pieces one after the other.
    public static func group(_ pieces: [HTML]) -> HTML {
        HTML(source: pieces.map(\.source).joined())
    }

    /// An element, closed; also one of SVG.
    ///
    /// - Parameters:
    ///   - name: the element's name
    ///   - attributes: names and values, which are escaped
    ///   - children: what stands in it
    /// - Returns: the element with its closing tag
    public static func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:],
        _ children: [HTML] = []
    ) -> HTML {
        let list = attributes.map { " \($0.key)=\"\(htmlEscaped($0.value))\"" }.joined()
        if children.isEmpty, isVoid("\(name)") { return HTML(source: "<\(name)\(list)/>") }
        return HTML(
            source: "<\(name)\(list)>\(children.map(\.source).joined())</\(name)>"
                + (isBlock("\(name)") ? "\n" : ""))
    }

    /// An element that holds a text.
    public static func element(
        _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>, _ text: String
    ) -> HTML {
        element(name, attributes, [.text(text)])
    }

    /// An element without attributes that holds a text.
    public static func element(_ name: StaticString, _ text: String) -> HTML {
        element(name, [:], [.text(text)])
    }

    /// The rules of a page's `<style>`; a constant of the program, so nothing in it is escaped.
    static func style(_ rules: StaticString) -> HTML {
        HTML(source: "<style>\n\(rules)\n</style>\n")
    }

    private static func isVoid(_ name: String) -> Bool {
        [
            "meta", "br", "hr", "img", "path", "rect", "line", "circle", "polyline", "image", "use",
        ].contains(name)
    }

    /// Elements after which a line ends, so that people can read the file.
    private static func isBlock(_ name: String) -> Bool {
        ["section", "figure", "tr", "p", "h1", "h2", "h3", "div", "svg", "table"].contains(name)
    }
}

/// Bytes as a URL that holds them.
///
/// - Parameters:
///   - bytes: a file's content
///   - type: its media type, such as "image/png"
/// - Returns: a `data:` URL in base 64
public func dataURL(_ bytes: [UInt8], type: String) -> String {
    "data:\(type);base64," + Data(bytes).base64EncodedString()
}
