"""Makes the fixtures of the tests with Qwen's real vocabulary.

Made with tokenizers 0.23.3, dashscope 2.0.2 (whose resources hold the vocabulary of Qwen2 and
Qwen2.5, as tiktoken ranks), Python 3.11; `Tests/Fixtures/generate qwen_vocabulary` runs it. Writes
into qwen_vocabulary/:

  bytes.bin    256 bytes: the byte that each of the first 256 tokens stands for
  merges.bin   the 151,387 merges in their order: for each the ids of its two parts, as unsigned
               LEB128; merge N makes token 256 + N
  texts.json   [text, parsed, plain] each: a text, and the digests of its ids with Qwen's added
               tokens found and as mere text. A digest is the 32-bit FNV-1a of the ids, each as
               four bytes, least significant first, in hexadecimal.

The ids are those of the reference's `tokenizers` with the pipeline and the added tokens of
Qwen2.5-VL's tokenizer.json, and are checked against tiktoken where no text spells an added token.
"""

import base64
import json
import os
import pathlib
import random

import dashscope
import tiktoken
from tokenizers import models, pre_tokenizers
from tokenizers_fixtures import (
    ORDINARY, PATTERN, SPECIAL, TRICKY, add_qwen_tokens, random_texts, with_qwen_pipeline,
    without_added_tokens)

FOLDER = pathlib.Path(os.environ["FIXTURES"]) / "qwen_vocabulary"
SEED = int(os.environ.get("SEED", "0"))
COUNT = 2500

WORDS = """the where could fuel be stored near road harbour ships moored greenhouse protects seedlings
    from frost bbox_2d positive_points think answer json storage tank runway solar panel field
    Anwendung Straße größer élève naïve coöperate señor ação łódź žluťoučký быстрая лиса наземный
    γρήγορη αλεπού שלום עולם مرحبا بالعالم नमस्ते दुनिया สวัสดีชาวโลก 你好 世界 卫星 影像 分割 こんにちは 世界
    カタカナ 안녕하세요 세계 ᏣᎳᎩ ትግርኛ ქართული հայերեն ខ្មែរ བོད་ཡིག""".split()
CODE = ["def f(x):\n    return x**2\n", "for (int i = 0; i < n; ++i) {\n\t\ta[i] <<= 2;\n}\n",
        "SELECT * FROM t WHERE id='7';", "<div class=\"a\">&nbsp;</div>", "\\frac{1}{2}\\alpha_{i}^{2}",
        "git commit -m 'fix: off-by-one'", "let x: [Int]? = nil // why", "0xDEADBEEF 1_000_000 3.14e-10",
        "#!/bin/sh\nset -eu\n", "{\"k\": [1, 2.5, null, true]}", "a/b\\c?d=e&f=g#h", "λx→x ∀∃ ≤≥ ±∞"]
EMOJI = ["🛰️", "👩‍🚀", "🇩🇪", "👍🏽", "🏳️‍🌈", "1️⃣", "🧑🏿‍🌾", "☃", "❤️", "😀"]
SPACES = [" ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", " \n ", "\u00a0", "\u3000", "\u2003", "\u2028", "\x0b", "\x85"]


def structured_texts(count, seed):
    """Words of many scripts, numbers, code, emoji and answers, joined by all kinds of space."""
    rng = random.Random(seed)
    def piece():
        kind = rng.randrange(9)
        if kind < 3:
            word = rng.choice(WORDS)
            return rng.choice([word, word.upper(), word.title(), word[: rng.randrange(1, len(word) + 1)]])
        if kind == 3:
            return rng.choice(CODE)
        if kind == 4:
            return rng.choice(EMOJI) * rng.choice([1, 1, 2])
        if kind == 5:
            return str(rng.randrange(10 ** rng.randrange(1, 12)))
        if kind == 6:
            return json.dumps([{"bbox_2d": [rng.randrange(840) for _ in range(4)]}])
        if kind == 7:
            return rng.choice(SPECIAL + ORDINARY)
        return "".join(chr(rng.choice([rng.randrange(32, 127), rng.randrange(0xA0, 0x2FFF),
                                       rng.randrange(0x3000, 0xD7FF), rng.randrange(0x1F300, 0x1FAFF)]))
                       for _ in range(rng.randrange(1, 9)))
    return ["".join(piece() + rng.choice(SPACES + [""] * 6) for _ in range(rng.randrange(1, 9)))
            for _ in range(count)]


def vocabulary():
    """The tokens' bytes in the order of their ids."""
    path = pathlib.Path(dashscope.__file__).parent / "resources/qwen.tiktoken"
    ranks = {}
    for line in path.read_bytes().splitlines():
        token, rank = line.split()
        ranks[base64.b64decode(token)] = int(rank)
    tokens = sorted(ranks, key=ranks.get)
    assert [ranks[token] for token in tokens] == list(range(151643))
    return tokens, ranks


def parts(token, ranks):
    """The two tokens that merge into this one: what the merges before it leave of its bytes."""
    rank = ranks[token]
    pieces = [token[i : i + 1] for i in range(len(token))]
    while len(pieces) > 2:
        order = [ranks.get(a + b, rank) for a, b in zip(pieces, pieces[1:])]
        best = min(order)
        assert best < rank, token
        place = order.index(best)
        pieces[place : place + 2] = [pieces[place] + pieces[place + 1]]
    return ranks[pieces[0]], ranks[pieces[1]]


def spelling(token):
    return "".join(ALPHABET[byte] for byte in token)


def alphabet():
    """The character that stands for each byte in Hugging Face's files."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table, extra = {}, 0
    for byte in range(256):
        if byte in shown:
            table[byte] = chr(byte)
        else:
            table[byte] = chr(256 + extra)
            extra += 1
    assert sorted(table.values()) == sorted(pre_tokenizers.ByteLevel.alphabet())
    return table


ALPHABET = alphabet()


def leb128(number):
    result = bytearray()
    while number >= 0x80:
        result.append(number & 0x7F | 0x80)
        number >>= 7
    result.append(number)
    return bytes(result)


def digest(ids):
    state = 0x811C9DC5
    for value in ids:
        for byte in value.to_bytes(4, "little"):
            state = (state ^ byte) * 0x01000193 % 2**32
    return f"{state:08x}"


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    tokens, ranks = vocabulary()
    merges = [parts(token, ranks) for token in tokens[256:]]
    (FOLDER / "bytes.bin").write_bytes(b"".join(tokens[:256]))
    (FOLDER / "merges.bin").write_bytes(b"".join(leb128(a) + leb128(b) for a, b in merges))
    spellings = [spelling(token) for token in tokens]
    tokenizer = with_qwen_pipeline(models.BPE(
        vocab={text: index for index, text in enumerate(spellings)},
        merges=[(spellings[a], spellings[b]) for a, b in merges]))
    add_qwen_tokens(tokenizer)
    assert tokenizer.token_to_id("<|endoftext|>") == 151643
    assert tokenizer.token_to_id("<|video_pad|>") == 151656
    plain = without_added_tokens(tokenizer)
    other = tiktoken.Encoding("qwen", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={})
    texts = TRICKY + random_texts(COUNT // 2, seed=11 + 1000 * SEED)
    texts += structured_texts(COUNT - COUNT // 2, seed=12 + 1000 * SEED)
    cases = []
    for text in dict.fromkeys(texts):
        ids = plain.encode(text).ids
        composed = plain.normalizer.normalize_str(text)
        assert ids == other.encode_ordinary(composed), text
        cases.append([text, digest(tokenizer.encode(text).ids), digest(ids)])
    lines = ",\n".join(json.dumps(case, ensure_ascii=True) for case in cases)
    (FOLDER / "texts.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
