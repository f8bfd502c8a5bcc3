"""Completions as policies write them, damaged in many ways: the families of the answer corpus.

`families(rng)` gives the families by name; each is a function that makes one completion. The same
generator of random numbers gives the same completions.
"""

import json
import random
import re

WORDS = "the pond near a road storage tank harbour ship runway north of large round it is and".split()
MARKS = r"[\[\]{},:\"]"
ODD_NUMBERS = (
    "1e3 1E2 1e999 -1e999 NaN Infinity -Infinity nan inf +5 05 007 .5 5. 1_000 1,000 0x1F 1/2 50% "
    "12px 1.2.3 --5 1e 1e+ - -0 -0.0 1e308 1e-400 123456789012345678901234567890 9007199254740993 "
    '"12" "12.5" "1_0" "٣" "nan" "inf" "1e5" "x" "" null true false None True [] [1] {} {"x":1} x '
    "(1) １２ ² ½ 1e5.5 ~5 5° 0b1 1L 5e 1-2 10-20 #5 /5 5/"
).split() + ["1 2", " 7 ", '" 7 "', "5 px", "1" * 400]
SPACES = list("\n\t\v\f\x1c\x1f\x85\xa0\u1680\u2003\u2028\u202f\u205f\u3000\x00\u200b\ufeff\u180e ") + [
    "", "\r\n", "a", "\u0301",
]
INSERTS = list("[]{}(),:\"'`\\/#-+._ \n019aeNt") + [
    "“", "”", "null", "true", "```", "], [", "}, {", "None", "},", '\\"', "\\n", "//", "/*", "*/",
    "</answer>", "<answer>", "```json", "...", "\t", "，", "：",
]
TOKENS = list("[]{}(),:\"'“”\\/#-. \n\t=;|*_a") + [
    "...", "bbox_2d", '"bbox_2d"', '"bbox_2d":', '"positive_points":', "positive_points", "[1,2,3,4]",
    "[1, 2]", "[[1,2],[3,4]]", "12", "3.5", "null", "true", "None", "label", '"a"', "```", "```json",
    "//", "/*", "*/", "{}", "[]", "},{", "], [", "\\n", '\\"', "<answer>", "</answer>", "</think>",
]
LABELS = [
    'a "big" tank', "it's here", "a, b", "x: y", "a]b", "a}b", "a{b", "[1,2]", "line\nbreak", "C:\\temp",
    "\\u12", "a\\", '"', "''", "a // b", "# c", "http://x.y", 'a", "b', "“q”", "„q“", "日本", 'a \\"b\\"',
    '{"a": 1}', "{a: 1}", "12", "```", "[x\"y]", "a, [b", "a, {b: c}", "}```", "a\\\\", "`",
]


class Families:
    """The families; every public method makes a completion."""

    def __init__(self, rng: random.Random):
        self._r = rng

    # Parts

    def _words(self, most=6):
        return " ".join(self._r.choice(WORDS) for _ in range(self._r.randint(1, most)))

    def _number(self):
        value = self._r.randint(0, 840)
        kind = self._r.randrange(10)
        if kind < 7:
            return value
        return [round(value + self._r.random(), 2), -value, float(value)][kind - 7]

    def _point(self):
        return [self._number(), self._number()]

    def _box(self):
        x, y = self._r.randint(0, 800), self._r.randint(0, 800)
        box = [x, y, x + self._r.randint(1, 200), y + self._r.randint(1, 200)]
        kind = self._r.randrange(40)
        if kind == 0:
            return box[2:] + box[:2]
        if kind == 1:
            return [box[2], box[1], box[0], box[3]]
        return [value + 0.5 for value in box] if kind < 8 else box

    def _answer(self, most=3, least=0, extra=False):
        answer = []
        for _ in range(self._r.randint(least, most)):
            item = {"bbox_2d": self._box(), "positive_points": [self._point(), self._point()]}
            if answer and self._r.random() < 0.3:
                item["bbox_2d"] = [v + self._r.choice([0, 1, 9, 40]) for v in answer[0]["bbox_2d"]]
            if extra:
                item[self._r.choice(["label", "score", "why"])] = self._r.choice(
                    [self._words(3), 0.5, True, None, [1, 2], {"a": 1}, "a, b"]
                )
            answer.append(item)
        return answer

    def _json(self, value):
        kind = self._r.randrange(8)
        if kind == 0:
            return json.dumps(value, indent=self._r.choice([1, "\t"]))
        if kind == 1 and isinstance(value, list):
            return "[\n" + ",\n".join(json.dumps(item) for item in value) + "\n]"
        return json.dumps(value, separators=(",", ":")) if kind < 4 else json.dumps(value)

    def _wrap(self, body, kind=None):
        think = f"<think>{self._words()}</think>"
        kind = self._r.choice([0] * 6 + list(range(1, 8))) if kind is None else kind
        return [
            f"{think}\n<answer>```json{body}```</answer>",
            f"{think}<answer>```json\n{body}\n```</answer>",
            f"{think}\n\n<answer>\n```json {body}\n```\n</answer>",
            f"{think}<answer>{body}</answer>",
            f"<answer>```json{body}```</answer>",
            f"```json\n{body}\n```",
            body,
            f"{think}\n<answer>```json{body}```</answer>\n",
        ][kind]

    def _fenced(self, body):
        return self._wrap(body, self._r.choice([0, 0, 1, 2]))

    def _body(self):
        return self._json(self._answer(2, least=1, extra=self._r.random() < 0.3))

    def _spot(self, text, pattern):
        spots = [match.start() for match in re.finditer(pattern, text)]
        return self._r.choice(spots) if spots else 0

    def _mutated(self, text):
        for _ in range(self._r.choice([1, 1, 1, 2, 3])):
            place, kind = self._r.randrange(len(text) + 1), self._r.randrange(5)
            if kind == 0:
                text = text[:place] + text[place + self._r.choice([1, 1, 2, 5]) :]
            elif kind == 1:
                text = text[:place] + self._r.choice(INSERTS) + text[place:]
            elif kind == 2:
                text = text[:place] + self._r.choice(INSERTS) + text[place + 1 :]
            else:
                end = min(len(text), place + self._r.randrange(1, 25))
                target = end if kind == 3 else self._r.randrange(len(text) + 1)
                text = text[:target] + text[place:end] + text[target:]
        return text

    # Whole answers

    def valid(self):
        return self._wrap(self._json(self._answer(extra=self._r.random() < 0.4)))

    def mutated_body(self):
        return self._fenced(self._mutated(self._body()))

    def mutated_completion(self):
        return self._mutated(self._wrap(self._body()))

    def truncated(self):
        text = self._wrap(self._body(), self._r.choice([0, 1, 3, 5, 6]))
        return text[: self._r.randrange(len(text) + 1)]

    def truncated_body(self):
        text = self._body()
        text = text[: self._r.randrange(len(text) + 1)]
        return self._fenced(text + self._r.choice(["", "", "]", "}]", "...", '"]', " ...]", "]}]"]))

    # Styles

    def single_quotes(self):
        text = repr(self._answer(2, extra=self._r.random() < 0.4))
        return self._wrap(text.replace("'", '"', self._r.choice([0, 0, 1, 3])))

    def python_literals(self):
        text = self._body().replace("true", self._r.choice(["True", "TRUE", "yes"]))
        text = text.replace("null", self._r.choice(["None", "nil", "NULL", "undefined"]))
        if self._r.random() < 0.6:
            text = re.sub(r"\[([\d. ,-]+)\]", r"(\1)", text, count=self._r.choice([0, 1, 2]))
        return self._wrap(text)

    def comments(self):
        text = self._body()
        for _ in range(self._r.randint(1, 2)):
            comment = self._r.choice(
                ["// here\n", "# here\n", "/* here */", "// here", "# [1, 2]\n", "<!-- a -->", "// it's\n", "/*/"]
            )
            place = self._spot(text, MARKS) + 1
            text = text[:place] + " " + comment + text[place:]
        return self._fenced(text)

    def fences(self):
        opening = self._r.choice(
            ["```json", "```JSON", "```", "~~~json", "``` json", "`json", "```json5", "````json", "json"]
        )
        closing = self._r.choice(["```", "```", "``", "````", "", "\n```\n", "```json"])
        text = opening + self._r.choice(["", "\n", " "]) + self._body() + closing
        text = self._r.choice(["", "", "```\n", "a\n"]) + text + self._r.choice(["", "", "\n```", "```json[]```"])
        return self._r.choice([self._wrap(text, 3), text, f"<answer>{text}"])

    def tags(self):
        body = self._json(self._answer(2))
        parts = [
            f"<answer>```json{body}```</answer>", "<think>a</think>", "\n", "<answer>", "</answer>", "<think>",
            "</think>", f"```json{body}```", "```json[]```", "a", "<answer></answer>", body,
        ]
        return "".join(self._r.choice(parts) for _ in range(self._r.randint(1, 6)))

    def missing_tags(self):
        text = self._wrap(self._body(), self._r.choice([0, 1, 2]))
        tags = ["<think>", "</think>", "<answer>", "</answer>", "```json", "```"]
        for tag in self._r.sample(tags, self._r.randint(1, 3)):
            text = text.replace(tag, self._r.choice(["", "", tag * 2, tag.upper(), tag[:-1]]), 1)
        return text

    def think_spaces(self):
        opening = self._r.choice(["<think>"] * 6 + ["<Think>", "< think>", " <think>", "<think><think>", ""])
        closing = self._r.choice(["</think>"] * 6 + ["", "</think></think>", "</think>x</think>", "</Think>"])
        answer = self._r.choice(["<answer>"] * 6 + ["<answer><answer>", "", "</answer><answer>"])
        end = self._r.choice(["</answer>"] * 6 + ["</answer>\n", "", "</answer></answer>", "</answer>."])
        spaces = "".join(self._r.choice(SPACES) for _ in range(self._r.choice([0, 1, 1, 2])))
        body = self._r.choice(["", "```json[]```", "x", "</answer>", "<think></think>"])
        return opening + self._r.choice(["", "a\nb", "é\u0301"]) + closing + spaces + answer + body + end

    def spaces(self):
        text = self._body()
        for _ in range(self._r.randint(1, 3)):
            place = self._spot(text, MARKS) + 1
            text = text[:place] + self._r.choice(SPACES) + text[place:]
        return self._fenced(text)

    def several(self):
        texts = [self._json(self._answer(2)) for _ in range(self._r.randint(2, 3))]
        if self._r.random() < 0.5:
            return "".join(self._wrap(text, self._r.choice([0, 3, 4, 5])) for text in texts)
        return self._fenced(self._r.choice([" ", ", ", "\n", "", " and ", ";", "\n(1)\n", "\n(a)\n"]).join(texts))

    def text_around(self):
        before = self._r.choice(["", "Here: ", "See [below]: ", "(1): ", '"', "{a} "])
        behind = self._r.choice(["", " as asked", ".", " [done]", ";", "\n\nNote: [1] a", '"'])
        return self._fenced(before + self._json(self._answer(2)) + behind)

    def other_shapes(self):
        answer = self._answer(2, least=1)
        items = [json.dumps(item) for item in answer]
        return self._wrap(
            self._r.choice(
                [
                    items[0], ", ".join(items), "\n".join(items), json.dumps({"instances": answer}),
                    json.dumps([answer]), json.dumps([[item] for item in answer]), json.dumps(json.dumps(answer)),
                    "[" + " ".join(items) + "]", "[" + items[0][1:-1] + "]", "[[[" + ",".join(items) + "]",
                    json.dumps(answer) + "]]", json.dumps(answer[0]["bbox_2d"]),
                    "[" * 40 + ",".join(items) + "]" * self._r.choice([1, 40]),
                    "- bbox_2d: [1,2,3,4]\n  positive_points: [[1,2],[3,4]]",
                    "[bbox_2d: [1,2,3,4], positive_points: [[1,2],[3,4]]]",
                    '["bbox_2d": [1,2,3,4], "positive_points": [[1,2],[3,4]]]',
                    '{"bbox_2d", [1,2,3,4], "positive_points", [[1,2],[3,4]]}',
                    "[{'a', 'b'}, " + items[0] + "]", '[{"label": {a, b}, ' + items[0][1:] + "]",
                    "```json " + json.dumps(answer) + "```", '[{"a": "```json [1]```"}, ' + items[0] + "]",
                ]
            )
        )

    def curly_quotes(self):
        pairs = [("“", "”"), ("‘", "’"), ("„", "“"), ("«", "»"), ("“", "“"), ("`", "`"), ("＂", "＂"), ("''", "''")]
        pair, text, is_open = self._r.choice(pairs), "", False
        for scalar in self._body():
            if scalar == '"':
                is_open = not is_open
                scalar = pair[0 if is_open else 1] if self._r.random() < 0.95 else scalar
            text += scalar
        return self._wrap(text)

    def marks(self):
        text = self._body()
        for _ in range(self._r.randint(1, 3)):
            place, kind = self._spot(text, MARKS), self._r.randrange(3)
            mark = ["", self._r.choice(list("[]{}(),:;\"'=") + ["=>", '\\"', "“"]), ", "][kind]
            text = text[:place] + mark + text[place + (0 if kind == 2 else 1) :]
        return self._fenced(text)

    def numbers(self):
        text = self._body()
        spans = [match.span() for match in re.finditer(r"-?\d+(\.\d+)?(?=[,\]\s])", text)]
        for start, end in sorted(self._r.sample(spans, min(2, len(spans))), reverse=True):
            text = text[:start] + self._r.choice(ODD_NUMBERS) + text[end:]
        return self._wrap(text)

    def values(self):
        answer = self._answer(3, least=1)
        item = self._r.choice(answer)
        box, point = item["bbox_2d"], self._point()
        key = self._r.choice(["bbox_2d", "positive_points", "positive_points", "negative_points"])
        item[key] = self._r.choice(
            [
                [str(v) for v in box], [None] + box[1:], box[:3] + [[1]], [True] + box[1:], str(box), None, [box],
                box[:3] + [float("nan")], box[:3], box + [1], [], {"a": 1}, [point], [point] * 3, [point, [1]],
                [point, "ab"], [point, {"x": 1}], [point, []], [[str(v) for v in point], point], [point, [None, 1]],
                [point, [f" {v} " for v in point]], [point, [1, 2, 3]], [point, point], True, "x", 12, point,
            ]
        )
        if self._r.random() < 0.2:
            item[self._r.choice(["bbox", " bbox_2d", "BBOX_2D"])] = item.pop("bbox_2d")
        if self._r.random() < 0.1:
            answer.append(self._r.choice([None, 1, "a", [], [1, 2], True, {}]))
        return self._wrap(self._json(answer))

    def names(self):
        text = self._body()
        if self._r.random() < 0.6:
            text = re.sub(r'"(\w+)"(\s*:)', r"\1\2", text, count=self._r.choice([0, 0, 1, 2]))
        again = self._r.choice(['"bbox_2d": [1,2,30,40]', '"bbox_2d": [1]', "'bbox_2d': [1,2,3,4]", '"label": 1, "label": 2'])
        if self._r.random() < 0.4:
            text = text.replace("}", ", " + again + "}", 1)
        if self._r.random() < 0.3:
            text = text.replace("}, {", ", ").replace("},{", ",")
        return self._wrap(text)

    def escapes(self):
        text = self._body()
        kind = self._r.randrange(5)
        if kind == 0:
            text = text.replace('"', '\\"')
        elif kind == 1:
            text = text.replace('"', '\\"', self._r.randint(1, 6))
        elif kind == 2:
            text = json.dumps(text)
        elif kind == 3:
            text = text.replace("[{", '[{\\"a\\": 1}, {', 1)
        else:
            text = text.replace("_", "\\_")
        return self._wrap(text)

    def labels(self):
        answer = self._answer(2, least=1)
        for item in answer:
            item["label"] = "@"
        items = [dict(sorted(item.items(), key=lambda _: self._r.random())) for item in answer]
        quote, label = self._r.choice(['"', '"', "'", "“", ""]), self._r.choice(LABELS)
        closing = "”" if quote == "“" else quote
        return self._fenced(self._json(items).replace('"@"', quote + label + closing))

    # Soup

    def soup(self):
        return self._wrap("".join(self._r.choice(TOKENS) for _ in range(self._r.randint(1, 30))))

    def soup_in_list(self):
        tokens = TOKENS[:-3]
        return self._fenced("[" + "".join(self._r.choice(tokens) for _ in range(self._r.randint(1, 25))) + "]")

    def prose(self):
        parts = [
            lambda: f"The box is {self._box()}.", lambda: f"It is at ({self._number()}, {self._number()}).",
            lambda: f"[1] {self._words()}", lambda: f"- **bbox_2d**: {self._box()}", lambda: "# a", lambda: "[]",
            lambda: f"bbox_2d = {self._box()}", lambda: f'"{self._words()}"', lambda: "it's", lambda: "`a`",
            lambda: json.dumps(self._answer(1, least=1)[0]), lambda: self._body(), lambda: "{a}", lambda: "(see 1)",
        ]
        text = self._r.choice(["\n", " ", "\n\n"]).join(self._r.choice(parts)() for _ in range(self._r.randint(1, 6)))
        return self._r.choice([text, self._fenced(text), self._wrap(text, 3), f"<answer>{text}"])


def families(rng):
    """The families by name."""
    made = Families(rng)
    return {name: getattr(made, name) for name in vars(Families) if not name.startswith("_")}
