public import Foundation

#if canImport(FoundationXML)
    public import FoundationXML
#endif

/// A document read as XML, which HTML of this project is too.
public final class XMLReading: NSObject, XMLParserDelegate {
    /// How many elements have each name.
    public private(set) var elements: [String: Int] = [:]
    /// The values of each attribute, in their order.
    public private(set) var attributes: [String: [String]] = [:]
    /// All text, of elements one after the other.
    public private(set) var text = ""
    /// Why the document is not well-formed; nil if it is.
    public private(set) var problem: String?

    /// Reads a document.
    public init(_ source: String) {
        super.init()
        let parser = XMLParser(data: Data(source.utf8))
        parser.delegate = self
        if !parser.parse() { problem = parser.parserError.map { "\($0)" } ?? "not parsed" }
    }

    /// Called by the parser where an element begins.
    public func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes values: [String: String]
    ) {
        elements[name, default: 0] += 1
        for (key, value) in values { attributes[key, default: []].append(value) }
        text += " "
    }

    /// Called by the parser for a piece of text.
    public func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    /// Addresses that a browser would ask for, and that are not in the document itself.
    public var outsideAddresses: [String] {
        ["href", "src", "srcset", "xlink:href", "data", "action", "poster"]
            .flatMap { attributes[$0] ?? [] }
            .filter { !$0.hasPrefix("data:image/") && !$0.hasPrefix("#") }
    }
}
