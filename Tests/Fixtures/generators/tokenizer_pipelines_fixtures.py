"""Makes the fixtures of TokenizersTests for tokenizers that are not Qwen2's.

Made with tokenizers 0.23.3, Python 3.11; `Tests/Fixtures/generate tokenizer_pipelines` runs it. Writes
into tokenizer_pipelines/:

  NAME.json        for each name of PIPELINES the `tokenizer.json` of a small vocabulary that the
                   reference trained with other normalizers, pre-tokenizers, models and decoders
  NAME.cases.json  encode: a text, its ids (ids) and those with what the post-processor puts around
                   (framed); decode: ids, their text with special tokens kept and skipped
  splits.json      for each of SPLITS the pre-tokenizer as it stands in a file, and pairs of a text
                   and its pieces
  normalizers.json for each of NORMALIZERS the normalizer as it stands in a file, and pairs of a text
                   and what becomes of it
  classes.json     what normalizers make of each code point below U+30000, as a hash (fnv) of all results, each with
                   a line end; code points of punctuation, white space and words as ranges

With another seed the random texts differ.
"""

import json
import os
import pathlib
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers, processors, trainers

from tokenizers_fixtures import ORDINARY, SENTENCES, SPECIAL, TRICKY, random_texts

FIXTURES = pathlib.Path(os.environ["FIXTURES"]) / "tokenizer_pipelines"
SEED = 1000 * int(os.environ.get("SEED", "0"))
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
GPT4 = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"
)
LLAMA3 = (
    CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN35 = (
    CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"

TEXTS = TRICKY + [
    "<think>\nfirst\n</think>\n\nx <think> </think>", "<tool_response>ok</tool_response>", "हिन्दी में", "x\u0301y",
    "USER: <image>\nWhat", "<s>a</s>", " <image> b", "a<image>", "  two  spaces ", "▁a ▁ b▁", "▁", "a▁▁b", "<0x0A>",
    "ab12cd345 6", "end.Start,middle;x", "tab\tand\nline", "q\u0301\u0323 \ufb01 \uff21 \u2460", "ΑΣ Straße İ",
    "AbcDEF'ss don'T", "\u1161\u11a8", "<img>x</img>", "Word word WORD été ÉTÉ", "<unk>", "z<pad>z",
]


def byte_level(pattern, size=600, normalizer=None, ignore_merges=False):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    train(tokenizer, size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    return tokenizer


def train(tokenizer, size, **options):
    corpus = "\n".join(SENTENCES * 3) + "\n" + "\n".join(random_texts(60, seed=1))
    tokenizer.train_from_iterator(corpus.split("\n"), trainers.BpeTrainer(
        vocab_size=size, min_frequency=2, show_progress=False, **options))


def qwen3():
    tokenizer = byte_level(QWEN35, normalizer=normalizers.NFC())
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in SPECIAL])
    tokenizer.add_tokens([AddedToken(t, special=False, normalized=False)
                          for t in ORDINARY + ["<tool_response>", "</tool_response>", "<think>", "</think>"]])
    return tokenizer


def llama3():
    tokenizer = byte_level(LLAMA3, ignore_merges=True)
    model = json.loads(tokenizer.to_str())
    # Words of the vocabulary that no merges lead to.
    for word in ("Ġstorage", "harbour", "Ġ12:45"):
        model["model"]["vocab"].setdefault(word, len(model["model"]["vocab"]))
    tokenizer = Tokenizer.from_str(json.dumps(model))
    tokenizer.add_special_tokens(["<|begin_of_text|>", "<|end_of_text|>"])
    begin = tokenizer.token_to_id("<|begin_of_text|>")
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(
            single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|> $B",
            special_tokens=[("<|begin_of_text|>", begin)]),
    ])
    return tokenizer


def gpt2():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel()
    train(tokenizer, 500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.add_special_tokens([AddedToken("<s>", normalized=False), AddedToken("</s>", normalized=False)])
    tokenizer.add_tokens([AddedToken("<mask>", lstrip=True, normalized=True), AddedToken("word", single_word=True)])
    tokenizer.post_processor = processors.RobertaProcessing(
        ("</s>", tokenizer.token_to_id("</s>")), ("<s>", tokenizer.token_to_id("<s>")))
    return tokenizer


def o200k():
    return byte_level(O200K, size=450)


def regex_steps():
    tokenizer = Tokenizer(models.BPE(unk_token="?!"))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\p{N}{1,2}"), "isolated"),
        pre_tokenizers.Split(Regex(r"[一-龥぀-ゟ゠-ヿ]+"), "isolated"),
        pre_tokenizers.Split(Regex(
            r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
            r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    # Not every byte is in the text, and what is not is unknown.
    train(tokenizer, 400, special_tokens=["?!"], initial_alphabet=[
        c for c in pre_tokenizers.ByteLevel.alphabet() if ord(c) < 0x7F or c in "ĊĠ"])
    return tokenizer


def llava():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    # Merges do not cross words in training, as SentencePiece's do not.
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    train(tokenizer, 700, special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)],
          limit_alphabet=60)
    definition = json.loads(tokenizer.to_str())
    definition["pre_tokenizer"] = None
    definition["added_tokens"] = []
    tokenizer = Tokenizer.from_str(json.dumps(definition))
    tokenizer.add_special_tokens([AddedToken(t, normalized=False) for t in ("<unk>", "<s>", "</s>", "<image>", "<pad>")])
    tokenizer.add_tokens([AddedToken("word", normalized=True), AddedToken("harbour")])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))])
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    return tokenizer


def metaspace(scheme, split, fuse):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=fuse))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", scheme, split)
    tokenizer.decoder = decoders.Metaspace("▁", scheme, split)
    train(tokenizer, 350, special_tokens=["<unk>", "</s>"], limit_alphabet=50)
    tokenizer.add_special_tokens([AddedToken("<image>", normalized=False, rstrip=True)])
    tokenizer.add_tokens([AddedToken("Word", single_word=True, normalized=False)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A $B </s>", special_tokens=[("</s>", tokenizer.token_to_id("</s>"))])
    return tokenizer


def suffixes():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Strip(), normalizers.NFD(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True)])
    tokenizer.decoder = decoders.BPEDecoder("</w>")
    train(tokenizer, 350, special_tokens=["<unk>"], end_of_word_suffix="</w>", limit_alphabet=60)
    return tokenizer


def prefixes():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, continuing_subword_prefix="##"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("isolated")])
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace(Regex(r"^(?!##)"), " "), decoders.Replace("##", ""), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    train(tokenizer, 350, special_tokens=["<unk>"], continuing_subword_prefix="##", limit_alphabet=60)
    return tokenizer


PIPELINES = {
    "qwen35": qwen3, "llama3": llama3, "gpt2": gpt2, "o200k": o200k, "regex_steps": regex_steps, "llava": llava,
    "metaspace_always": lambda: metaspace("always", True, False),
    "metaspace_first": lambda: metaspace("first", False, True),
    "metaspace_never": lambda: metaspace("never", True, True), "suffixes": suffixes, "prefixes": prefixes,
}

SPLITS = [pre_tokenizers.Split(Regex(pattern), behavior, invert)
          for pattern in (r"\d+", r"[^\s\p{L}]+|\s")
          for behavior in ("isolated", "removed", "merged_with_previous", "merged_with_next", "contiguous")
          for invert in (False, True)]
SPLITS += [pre_tokenizers.Split("a", behavior) for behavior in ("removed", "merged_with_next", "contiguous")]
SPLITS += [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in (
    GPT2, GPT4, LLAMA3, QWEN35, O200K, r"\w+|[^\w\s]+", r"(?i)ss|[k-m]+", r"(?<=\p{L})\d|\d(?=\p{L})", r"^.", r".$", r"(?m:.+)",
    r"\p{Han}+|\p{^L}+", r"[\p{L}&&[^a-z]]+", r"\x{e9}|\u0301|\x41", r"a{2,3}?|b{,2}c|(?>x+)y", r"[\]\-a]+|]", r"\h+", r"\S+\s?",
    r"(?-i:A)|(?i:[^a-z\s])", r"\p{Lu}\p{Ll}*+", r"#|&&|~~|--", r"[&~#^-]+", r"(?:(?<word>th)|he)e?",
    GPT4.replace("?+", "?").replace("++", "+"))]
SPLITS += [pre_tokenizers.Digits(False), pre_tokenizers.Digits(True), pre_tokenizers.Whitespace(), pre_tokenizers.WhitespaceSplit(),
           pre_tokenizers.Punctuation("merged_with_previous"), pre_tokenizers.CharDelimiterSplit("e"),
           pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=True), pre_tokenizers.Metaspace("_", "always", True),
           pre_tokenizers.Sequence([pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False), pre_tokenizers.Digits(True)])]

NORMALIZERS = [normalizers.NFD(), normalizers.NFKD(), normalizers.NFKC(), normalizers.Lowercase(), normalizers.Strip(),
               normalizers.Strip(left=False), normalizers.Prepend("▁"), normalizers.Replace(" ", "▁"), normalizers.Replace("a", ""),
               normalizers.Replace(Regex(r"\s{2,}"), " "), normalizers.Replace(Regex(r"(?<=e)|x*"), "-"),
               normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("``", '"'), normalizers.Lowercase(), normalizers.Strip()])]


def ids_of(rng, size):
    return [rng.randrange(size + 10) for _ in range(rng.randint(0, 12))]


def cases(tokenizer, texts, seed):
    rng = random.Random(seed)
    lists = [ids_of(rng, tokenizer.get_vocab_size()) for _ in range(50)]
    lists += [[rng.randrange(3, 262) for _ in range(rng.randint(1, 6))] for _ in range(20)]
    lists += [tokenizer.encode(t).ids for t in texts[::4]]
    lists += [[5, index, 70] for index in sorted(tokenizer.get_added_tokens_decoder())]
    return {
        "encode": [{"text": t, "ids": tokenizer.encode(t, add_special_tokens=False).ids, "framed": tokenizer.encode(t).ids}
                   for t in texts],
        "decode": [{"ids": ids, "kept": tokenizer.decode(ids, skip_special_tokens=False),
                    "skipped": tokenizer.decode(ids, skip_special_tokens=True)} for ids in lists],
    }


def everything():
    return [chr(c) for c in range(0x30000) if not 0xD800 <= c <= 0xDFFF]


def ranges(split):
    """The characters that a pre-tokenizer removes, as ranges of code points."""
    found = []
    characters = everything()
    for start in range(0, len(characters), 4096):
        chunk = characters[start : start + 4096]
        rest = set("".join(t for t, _ in split.pre_tokenize_str("".join(chunk))))
        for code in (ord(c) for c in chunk if c not in rest):
            if found and found[-1][1] == code - 1:
                found[-1][1] = code
            else:
                found.append([code, code])
    return found


def fnv(data):
    """The 64-bit hash FNV-1a, which is short in any language."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def classes():
    hashes = {}
    for name in ("NFD", "NFKC", "NFKD", "Lowercase"):
        form = getattr(normalizers, name)()
        results = "".join(form.normalize_str(c) + "\n" for c in everything())
        hashes[name] = fnv(results.encode())
    return {"hashes": hashes, "punctuation": ranges(pre_tokenizers.Punctuation("removed")),
            "spaces": ranges(pre_tokenizers.WhitespaceSplit()),
            "words": ranges(pre_tokenizers.Split(Regex(r"\w"), "removed"))}


def state(component, holder):
    """A component as it stands in a file."""
    tokenizer = Tokenizer(models.BPE())
    setattr(tokenizer, holder, component)
    return json.dumps(json.loads(tokenizer.to_str())[holder], ensure_ascii=True)


def write(name, value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    (FIXTURES / name).write_bytes(text.encode())


def main():
    FIXTURES.mkdir(parents=True, exist_ok=True)
    texts = [t for t in TEXTS if len(t) < 90][::2] + TEXTS[-22:] + random_texts(30, seed=2 + SEED)
    for index, (name, make) in enumerate(PIPELINES.items()):
        tokenizer = make()
        (FIXTURES / f"{name}.json").write_bytes(tokenizer.to_str(pretty=False).encode())
        # What is tested is what the file says, not what was made.
        tokenizer = Tokenizer.from_file(str(FIXTURES / f"{name}.json"))
        write(f"{name}.cases.json", cases(tokenizer, texts, 3 + index + SEED))
    short = [t for t in TEXTS if len(t) < 40][::3] + TEXTS[-22:] + random_texts(12, seed=20 + SEED)
    write("splits.json", [
        {"step": state(split, "pre_tokenizer"), "texts": [[t] + [p for p, _ in split.pre_tokenize_str(t)] for t in short]}
        for split in SPLITS])
    write("normalizers.json", [
        {"step": state(step, "normalizer"), "texts": [[t, step.normalize_str(t)] for t in short]} for step in NORMALIZERS])
    write("classes.json", classes())


if __name__ == "__main__":
    main()
