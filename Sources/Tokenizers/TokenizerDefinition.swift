import Foundation

/// What a `tokenizer.json` says, checked: the vocabulary, the merges and the added tokens.
struct TokenizerDefinition {
    let vocabulary: [Spelling: Int]
    let merges: MergeTable
    let addedTokens: [AddedToken]
    let composes: Bool

    /// Reads the definition.
    ///
    /// `truncation` and `padding` are the state of whoever saved the file: transformers resets
    /// both before it encodes, so they are not read.
    ///
    /// - Throws: ``TokenizerError`` that names the key.
    init(json: Data, file: String) throws {
        let root = try JSONParser.parse(json, file: file)
        let reader = DefinitionReader(root: root, file: file)
        try reader.checkModel()
        try reader.checkPreTokenizer()
        try reader.checkPostProcessor()
        try reader.checkDecoder()
        composes = try reader.composes()
        vocabulary = try reader.vocabulary()
        merges = try reader.merges(vocabulary)
        addedTokens = try reader.addedTokens(vocabulary)
    }
}

/// Takes the parts of a definition out of its JSON.
private struct DefinitionReader {
    let root: JSONValue
    let file: String

    private func invalid(_ key: String, _ reason: String) -> TokenizerError {
        .invalid(file: file, key: key, reason: reason)
    }

    private func unsupported(
        _ key: String, _ found: JSONValue?, _ supported: String
    ) -> TokenizerError {
        let text =
            switch found {
            case .some(.string(let string)): "'\(string)'"
            case .some(.bool(let value)): "\(value)"
            case .some(.number(let value)): "\(value)"
            case .some(.array), .some(.object): "set"
            case .some(.null), .none: "missing"
            }
        return .unsupported(file: file, key: key, found: text, supported: supported)
    }

    // MARK: - Model

    func checkModel() throws {
        let model = root["model"]
        // Files from before the key was written hold byte pairs too.
        if let type = model?["type"], type.string != "BPE" {
            throw unsupported("model.type", type, "'BPE'")
        }
        for key in ["byte_fallback", "ignore_merges", "fuse_unk"] {
            if let value = model?[key], value.bool != false {
                throw unsupported("model.\(key)", value, "false")
            }
        }
        for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let value = model?[key], value.string != "" {
                throw unsupported("model.\(key)", value, "an empty string")
            }
        }
        if let dropout = model?["dropout"], dropout.integer != 0 {
            throw unsupported("model.dropout", dropout, "null")
        }
    }

    func vocabulary() throws -> [Spelling: Int] {
        guard let members = root["model"]?["vocab"]?.members else {
            throw invalid("model.vocab", "an object of tokens and their ids is missing")
        }
        var vocabulary: [Spelling: Int] = [:]
        vocabulary.reserveCapacity(members.count)
        for member in members {
            guard let id = member.value.integer, (0..<Int(Int32.max)).contains(id) else {
                throw invalid("model.vocab.\(member.key)", "the id is not a whole number")
            }
            vocabulary[Spelling(member.key)] = id
        }
        return vocabulary
    }

    func merges(_ vocabulary: [Spelling: Int]) throws -> MergeTable {
        guard let merges = root["model"]?["merges"]?.array else {
            throw invalid("model.merges", "a list of pairs is missing")
        }
        let byteTokens = try (UInt8.min...UInt8.max).map { byte in
            let spelling = ByteAlphabet.spelling(of: [byte])
            if let id = vocabulary[Spelling(spelling)] { return Int32(id) }
            // Vocabularies learned from little text lack bytes that it had none of. Without the
            // letters of plain text it is not a byte-level vocabulary.
            guard byte >= 0x7F || (byte < 0x20 && byte != 0x0A) else {
                throw invalid("model.vocab", "no token '\(spelling)' for the byte \(byte)")
            }
            return -1
        }
        var table = MergeTable(byteTokens: byteTokens, capacity: merges.count)
        for (index, merge) in merges.enumerated() {
            let key = "model.merges[\(index)]"
            let (left, right) = try pair(merge, key: key)
            func id(_ spelling: String) throws -> Int32 {
                guard let id = vocabulary[Spelling(spelling)] else {
                    throw invalid(key, "'\(spelling)' is not in the vocabulary")
                }
                return Int32(id)
            }
            table.append(try id(left), try id(right), product: try id(left + right))
        }
        return table
    }

    /// A merge in either spelling: `"a b"` or `["a", "b"]`.
    private func pair(_ merge: JSONValue, key: String) throws -> (String, String) {
        if let pair = merge.array, pair.count == 2, let left = pair[0].string,
            let right = pair[1].string
        {
            return (left, right)
        }
        if let text = merge.string {
            let parts = text.utf8.split(
                separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
            if parts.count == 2, let left = String(parts[0]), let right = String(parts[1]) {
                return (left, right)
            }
        }
        throw invalid(key, "neither \"a b\" nor [\"a\", \"b\"]")
    }

    // MARK: - Added tokens

    func addedTokens(_ vocabulary: [Spelling: Int]) throws -> [AddedToken] {
        guard let list = root["added_tokens"] else { return [] }
        guard let list = list.array else { throw invalid("added_tokens", "not a list") }
        return try list.enumerated().map { index, value in
            let key = "added_tokens[\(index)]"
            guard let id = value["id"]?.integer, (0..<Int(Int32.max)).contains(id) else {
                throw invalid("\(key).id", "a whole number is missing")
            }
            guard let content = value["content"]?.string, !content.isEmpty else {
                throw invalid("\(key).content", "the token's text is missing")
            }
            if let known = vocabulary[Spelling(content)], known != id {
                throw invalid("\(key).id", "'\(content)' is \(id) here, \(known) in model.vocab")
            }
            func flag(_ name: String, default missing: Bool) throws -> Bool {
                guard let flag = value[name] else { return missing }
                guard let flag = flag.bool else { throw invalid("\(key).\(name)", "no boolean") }
                return flag
            }
            var token = AddedToken(
                id: id, content: content, isSpecial: try flag("special", default: false))
            token.isNormalized = try flag("normalized", default: !token.isSpecial)
            token.stripsLeft = try flag("lstrip", default: false)
            token.stripsRight = try flag("rstrip", default: false)
            token.isSingleWord = try flag("single_word", default: false)
            return token
        }
    }

    // MARK: - Normalizer and pre-tokenizer

    func composes() throws -> Bool {
        guard let normalizer = root["normalizer"] else { return false }
        guard normalizer["type"]?.string == "NFC" else {
            throw unsupported("normalizer.type", normalizer["type"], "'NFC' or no normalizer")
        }
        return true
    }

    func checkPreTokenizer() throws {
        let preTokenizer = root["pre_tokenizer"]
        guard preTokenizer?["type"]?.string == "Sequence" else {
            throw unsupported(
                "pre_tokenizer.type", preTokenizer?["type"], "'Sequence' of Split and ByteLevel")
        }
        let steps = preTokenizer?["pretokenizers"]?.array ?? []
        guard steps.count == 2 else {
            throw invalid("pre_tokenizer.pretokenizers", "expected Split and ByteLevel")
        }
        try checkSplit(steps[0], key: "pre_tokenizer.pretokenizers[0]")
        try checkByteLevel(steps[1], key: "pre_tokenizer.pretokenizers[1]")
    }

    private func checkSplit(_ split: JSONValue, key: String) throws {
        guard split["type"]?.string == "Split" else {
            throw unsupported("\(key).type", split["type"], "'Split'")
        }
        let pattern = split["pattern"]?["Regex"]
        guard let text = pattern?.string, QwenPreTokenizer.patterns.contains(text) else {
            throw unsupported("\(key).pattern.Regex", pattern, "Qwen2's pattern")
        }
        guard split["behavior"]?.string == "Isolated" else {
            throw unsupported("\(key).behavior", split["behavior"], "'Isolated'")
        }
        if let invert = split["invert"], invert.bool != false {
            throw unsupported("\(key).invert", invert, "false")
        }
    }

    private func checkByteLevel(_ step: JSONValue, key: String) throws {
        guard step["type"]?.string == "ByteLevel" else {
            throw unsupported("\(key).type", step["type"], "'ByteLevel'")
        }
        for flag in ["add_prefix_space", "use_regex"] where step[flag]?.bool != false {
            throw unsupported("\(key).\(flag)", step[flag], "false")
        }
    }

    // MARK: - Post-processor and decoder

    func checkPostProcessor() throws {
        guard let processor = root["post_processor"] else { return }
        let key = "post_processor"
        switch processor["type"]?.string {
        case "ByteLevel": return
        case "TemplateProcessing":
            // Transformers writes one that adds nothing; any other would add tokens.
            guard let single = processor["single"]?.array, single.count == 1,
                single[0]["Sequence"]?["id"]?.string == "A"
            else { throw unsupported("\(key).single", processor["single"], "the text alone") }
        default:
            throw unsupported("\(key).type", processor["type"], "'ByteLevel' or none")
        }
    }

    func checkDecoder() throws {
        let type = root["decoder"]?["type"]
        guard type?.string == "ByteLevel" else {
            throw unsupported("decoder.type", type, "'ByteLevel'")
        }
    }
}
