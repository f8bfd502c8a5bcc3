import Foundation

/// Writes a vocabulary made here as the files that Hugging Face's libraries load.
struct TokenizerWriter {
    /// The bytes of each token, by id.
    let vocabulary: [[UInt8]]
    let merges: [LearnedMerge]
    let addedTokens: [AddedToken]

    /// The context length that Qwen2.5's own configuration states.
    private static let maximumLength = 131_072

    func files() -> TokenizerFiles {
        TokenizerFiles(
            contents: [
                TokenizerFiles.definition: Data(definition().utf8),
                TokenizerFiles.configuration: Data(configuration().utf8),
            ], origin: TokenizerFiles.definition)
    }

    private func spelling(_ id: Int) -> String {
        Self.quoted(ByteAlphabet.spelling(of: vocabulary[id]))
    }

    private func definition() -> String {
        let added = addedTokens.map { token in
            """
                {"id": \(token.id), "content": \(Self.quoted(token.content)), \
            "single_word": \(token.isSingleWord), "lstrip": \(token.stripsLeft), \
            "rstrip": \(token.stripsRight), "normalized": \(token.isNormalized), \
            "special": \(token.isSpecial)}
            """
        }
        return """
            {
              "version": "1.0",
              "truncation": null,
              "padding": null,
              "added_tokens": [
            \(added.joined(separator: ",\n"))
              ],
              "normalizer": {"type": "NFC"},
              "pre_tokenizer": {
                "type": "Sequence",
                "pretokenizers": [
                  {
                    "type": "Split",
                    "pattern": {"Regex": \(Self.quoted(QwenPreTokenizer.patterns[0]))},
                    "behavior": "Isolated",
                    "invert": false
                  },
                  \(Self.byteLevel)
                ]
              },
              "post_processor": \(Self.byteLevel),
              "decoder": \(Self.byteLevel),
              "model": \(model())
            }

            """
    }

    private func model() -> String {
        let tokens = vocabulary.indices.map { "      \(spelling($0)): \($0)" }
        let pairs = merges.map { "      [\(spelling($0.left)), \(spelling($0.right))]" }
        return """
            {
                "type": "BPE",
                "dropout": null,
                "unk_token": null,
                "continuing_subword_prefix": "",
                "end_of_word_suffix": "",
                "fuse_unk": false,
                "byte_fallback": false,
                "ignore_merges": false,
                "vocab": {
            \(tokens.joined(separator: ",\n"))
                },
                "merges": [
            \(pairs.joined(separator: ",\n"))
                ]
              }
            """
    }

    private static let byteLevel = """
        {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, \
        "use_regex": false}
        """

    private func configuration() -> String {
        let roles = QwenTokens.special.dropFirst().map(Self.quoted)
        return """
            {
              "add_bos_token": false,
              "add_prefix_space": false,
              "additional_special_tokens": [
                \(roles.joined(separator: ",\n    "))
              ],
              "bos_token": null,
              "chat_template": \(Self.quoted(QwenChatTemplate.jinja())),
              "clean_up_tokenization_spaces": false,
              "eos_token": \(Self.quoted(QwenTokens.turnEnd)),
              "errors": "replace",
              "model_max_length": \(Self.maximumLength),
              "pad_token": \(Self.quoted(QwenTokens.endOfText)),
              "split_special_tokens": false,
              "tokenizer_class": "Qwen2Tokenizer",
              "unk_token": null
            }

            """
    }

    /// A JSON string.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\0"..<" ":
                result +=
                    "\\u00" + (scalar.value < 16 ? "0" : "")
                    + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
