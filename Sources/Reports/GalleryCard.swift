/// A sample with its pictures, what was asked, what was said, and what it was worth.
public struct GalleryCard: Sendable {
    /// A picture of the card.
    public struct Shot: Sendable {
        /// What it shows.
        public var caption: String
        /// The picture.
        public var picture: HTML

        /// A picture with its caption.
        public init(caption: String, picture: HTML) {
            self.caption = caption
            self.picture = picture
        }
    }

    /// What was asked.
    public var question: String
    /// One line about the worth, such as "IoU 0.12 → 0.87".
    public var score: [HTML]
    /// The pictures.
    public var shots: [Shot]
    /// What was said, each with who or when; of what is long the beginning is shown, and the rest on
    /// demand.
    public var statements: [(speaker: String, text: String)]
    /// Whether the last picture is the truth alone, which the others show too: narrow screens leave it
    /// out.
    public var endsWithTruth = false

    /// A card.
    public init(
        question: String, score: [HTML], shots: [Shot],
        statements: [(speaker: String, text: String)]
    ) {
        self.question = question
        self.score = score
        self.shots = shots
        self.statements = statements
    }

    /// The card.
    public var html: HTML {
        let pictures = shots.map { shot in
            HTML.element("figure", [:], [.element("figcaption", shot.caption), shot.picture])
        }
        let said = statements.map(Self.said)
        return .element(
            "div", ["class": "card"],
            [
                .element("p", ["class": "question"], question),
                .element("p", ["class": "score"], score),
                pictures.isEmpty
                    ? .none
                    : .element(
                        "div", ["class": endsWithTruth ? "shots truth-last" : "shots"], pictures),
            ] + said)
    }

    /// About how many characters of what was said are shown at first.
    private static let shownCharacters = 180

    private static func said(_ statement: (speaker: String, text: String)) -> HTML {
        let speaker = HTML.element("span", statement.speaker + " ")
        // Some more than that are not worth a click.
        guard statement.text.count > shownCharacters * 3 / 2 else {
            return .element("p", ["class": "said"], [speaker, .text(statement.text)])
        }
        let start = beginning(of: statement.text)
        let rest = HTML.element(
            "span", "(\(statement.text.count - start.count) more characters)")
        return .element(
            "details", ["class": "said"],
            [
                .element("summary", [:], [speaker, .text(start + "… "), rest]),
                .element("p", ["class": "whole"], [.text(statement.text)]),
            ])
    }

    /// The first words of a text, or its first characters where no words end in time.
    private static func beginning(of text: String) -> String {
        let start = text.prefix(shownCharacters)
        guard let space = start.lastIndex(where: \.isWhitespace),
            start.distance(from: start.startIndex, to: space) > shownCharacters * 3 / 4
        else { return String(start) }
        return String(start[..<space])
    }

    /// Cards side by side, as many as fit.
    public static func grid(_ cards: [GalleryCard]) -> HTML {
        .element("div", ["class": "cards"], cards.map(\.html))
    }

    /// What the colours of ``SamplePicture`` mean.
    ///
    /// - Parameter showsIgnored: whether a picture has pixels that do not count
    /// - Returns: a line of keys
    public static func legend(showsIgnored: Bool = false) -> HTML {
        func key(_ name: String, _ text: String) -> HTML {
            .element("span", ["class": "key"], [.element("i", ["class": name]), .text(text)])
        }
        return .element(
            "div", ["class": "codes"],
            [
                key("t", "truth"), key("b", "box that the policy wrote"),
                key("p", "point that the policy wrote"), key("m", "mask that the segmenter made"),
            ] + (showsIgnored ? [key("g", "ignored: counts for nothing")] : []))
    }
}
