"""The shape of the fixtures, as a machine can check it.

    schema.py FOLDER write FILE         writes the schema of all sets of a folder
    schema.py FOLDER check FILE SET…    fails where a set of the folder does not fit it: other sizes
                                        may be, other names and types may not

The schema of a file tells its kind, and what it is made of, whatever the numbers are:

  safetensors  each tensor's element type and shape; tensors whose names differ in numbers only are
               told once, with N for the numbers, and with the number of dimensions where their
               shapes differ
  json         the types of values; of a list the types that its items have, of an object the keys
  jsonl        as json, of a line
  other        nothing but the suffix: pictures, archives, raw bytes (the generator says which)

Files of one folder whose names differ in numbers only are told once.
"""

import json
import pathlib
import re
import struct
import sys


def numberless(text):
    return re.sub(r"\d+", "N", text)


def tensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    result = {}
    for name, entry in sorted(header.items()):
        shape = [entry["dtype"], entry["shape"]]
        known = result.setdefault(numberless(name), shape)
        if known != shape:
            result[numberless(name)] = [entry["dtype"], f"{len(entry['shape'])} dimensions"]
    return {name: " ".join(map(str, shape)) for name, shape in result.items()}


def alternatives(kind):
    return kind["any of"] if isinstance(kind, dict) and set(kind) == {"any of"} else [kind]


def merged(kinds):
    """The kinds without those that occur twice; objects become one."""
    kinds = [one for kind in kinds for one in alternatives(kind)]
    objects = [kind for kind in kinds if isinstance(kind, dict)]
    lists = [kind for kind in kinds if isinstance(kind, list)]
    rest = sorted({kind for kind in kinds if isinstance(kind, str)})
    result = rest
    if objects:
        keys = sorted({key for kind in objects for key in kind})
        joined = {key: merged([kind[key] for kind in objects if key in kind]) for key in keys}
        # Many names for the same: the names are data.
        if len(keys) > 24 and len({json.dumps(value) for value in joined.values()}) <= 2:
            joined = {"*": merged(list(joined.values()))}
        result = result + [joined]
    if lists:
        result = result + [[merged([item for kind in lists for item in kind])]]
    return result[0] if len(result) == 1 else {"any of": result} if result else "nothing"


def kind(value):
    if isinstance(value, dict):
        if set(value) == {"any of"}:
            return value
        return merged([{key: kind(item) for key, item in value.items()}])
    if isinstance(value, list):
        return [merged([kind(item) for item in value])]
    for type_, name in ((bool, "boolean"), ((int, float), "number"), (str, "text")):
        if isinstance(value, type_):
            return name
    return "null"


def of(path):
    if path.suffix == ".safetensors":
        return tensors(path)
    if path.suffix == ".json":
        return kind(json.loads(path.read_text()))
    if path.suffix == ".jsonl":
        return merged([kind(json.loads(line)) for line in path.read_text().splitlines()])
    return path.suffix.lstrip(".") or "bytes"


def schema(folder, sets):
    result = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name.split("/")[0] in sets:
            result[(path.parent.relative_to(folder) / numberless(path.name)).as_posix()] = of(path)
    return result


def fits(found, known):
    """Whether all that was found may be there; lists of random cases need not have everything."""
    if found == "null":  # What is not defined for a random case.
        return True
    if isinstance(known, str) and isinstance(found, str):
        element = found.split(" ")[0]
        return found == known or "[" in found and element == known.split(" ")[0]
    if len(alternatives(known)) > 1:
        return all(any(fits(a, b) for b in known["any of"]) for a in alternatives(found))
    if isinstance(found, dict) and set(found) == {"any of"}:
        return all(fits(one, known) for one in found["any of"])
    if isinstance(known, dict) and isinstance(found, dict):
        if set(known) == {"*"}:
            return all(fits(value, known["*"]) for value in found.values())
        return all(key in known and fits(found[key], known[key]) for key in found)
    if isinstance(known, list) and isinstance(found, list):
        return found == ["nothing"] or fits(found[0], known[0])
    return False


def main():
    folder, action, file, *sets = sys.argv[1:]
    folder, file = pathlib.Path(folder), pathlib.Path(file)
    if action == "write":
        sets = [path.name for path in folder.iterdir() if path.is_dir() and path.name != "generators"]
        text = json.dumps(schema(folder, sets), indent=1, ensure_ascii=False)
        # What holds no other list or object stands on one line.
        while text != (flat := re.sub(r"\[\s+([^\[\]{}\n]*|\[[^\n]*\])\s+\]", r"[\1]", text)):
            text = flat
        file.write_text(text + "\n")
        return
    known = json.loads(file.read_text())
    found = schema(folder, sets)
    wrong = {name: "is missing" for name in known if name.split("/")[0] in sets and name not in found}
    for name in found:
        if name not in known or not fits(found[name], known[name]):
            wrong[name] = "is not as schema.json says"
    for name, what in wrong.items():
        print(f"{name} {what}", file=sys.stderr)
    sys.exit(bool(wrong))


main()
