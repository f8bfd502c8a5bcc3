import Foundation

/// What a `tokenizer.json` says, checked: how texts become words, words tokens, and tokens texts.
struct TokenizerDefinition {
    let normalizer: TextNormalizer
    let preTokenizer: PreTokenizer
    let model: BPEModel
    let ends: SequenceEnds
    let decoder: TokenDecoder
    let addedTokens: [AddedToken]

    /// Reads the definition.
    ///
    /// `truncation` and `padding` are the state of whoever saved the file: transformers resets
    /// both before it encodes, so they are not read.
    ///
    /// - Throws: ``TokenizerError`` that names the key.
    init(json: Data, file: String) throws {
        let root = DefinitionNode(
            value: try JSONParser.parse(json, file: file), key: "", file: file)
        normalizer = try TextNormalizer(root["normalizer"])
        preTokenizer = try PreTokenizer(root["pre_tokenizer"])
        ends = try SequenceEnds(root["post_processor"])
        decoder = try TokenDecoder(root["decoder"])
        if decoder.readsByteSpellings, !preTokenizer.spellsBytes {
            throw root["pre_tokenizer"]["type"].unsupported("'ByteLevel', as the decoder is")
        }
        if preTokenizer.spellsBytes, !decoder.readsByteSpellings {
            throw root["decoder"]["type"].unsupported("'ByteLevel', as the pre-tokenizer is")
        }
        if preTokenizer.asksForStart, normalizer.mayDropStart {
            throw root["pre_tokenizer"].unsupported(
                found: "a Metaspace with prepend_scheme 'first'",
                "another scheme with a normalizer that may drop the start of a text")
        }
        model = try BPEModel(
            root["model"], spellsBytes: preTokenizer.spellsBytes,
            endsInBytes: preTokenizer.endsInBytes)
        addedTokens = try Self.addedTokens(root["added_tokens"], model.vocabulary)
    }

    private static func addedTokens(
        _ node: DefinitionNode, _ vocabulary: [Spelling: Int]
    ) throws -> [AddedToken] {
        if node.value == nil { return [] }
        if node.value?.array == nil { throw node.invalid("not a list") }
        return try node.items().map { item in
            guard let id = item["id"].value?.integer, (0..<Int(Int32.max)).contains(id) else {
                throw item["id"].invalid("a whole number is missing")
            }
            guard let content = item["content"].value?.string, !content.isEmpty else {
                throw item["content"].invalid("the token's text is missing")
            }
            if let known = vocabulary[Spelling(content)], known != id {
                throw item["id"].invalid("'\(content)' is \(id) here, \(known) in model.vocab")
            }
            var token = AddedToken(
                id: id, content: content, isSpecial: try item["special"].flag(default: false))
            token.isNormalized = try item["normalized"].flag(default: !token.isSpecial)
            token.stripsLeft = try item["lstrip"].flag(default: false)
            token.stripsRight = try item["rstrip"].flag(default: false)
            token.isSingleWord = try item["single_word"].flag(default: false)
            return token
        }
    }
}
