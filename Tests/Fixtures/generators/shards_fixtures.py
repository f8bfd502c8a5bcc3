"""Fixtures of ShardsTests (shards that other programs rewrote) and of `scripts/fuzz`.

Pinned: Python 3.11, h5py 3.16.0 (HDF5 2.0.0), pillow 13.0.0, numpy 2.4.6.
`Tests/Fixtures/generate shards` runs it.

A small shard, written from the specification in Documentation/shards.md and not by this project, in
the forms that h5py can give it:

read/plain.h5         arrays in one piece
read/gzip.h5          gzip and shuffle, everything in chunks that may grow
read/filters.h5       fletcher32, level 0, shuffle alone, small chunks across both dimensions, chunks that
                      were never written, a single chunk, an array that was never written
read/attributes.h5    attributes of every class, 200 of them, on root, groups and arrays; arrays, groups, links
                      and types that are not a shard's
read/types.h5         other widths and orders of bytes, compressed and not; texts of variable length as
                      attributes; 512 bytes of somebody else before the file
refused/NAME.h5       forms that are not read
refused.json          for each of them the words that its refusal has, and which command mends it:
                      "h5repack", "python", "either", or "" for none
expected.json         the samples: id, width, height, questions, answers, instances' classes
"""

import io
import json
import os
import struct
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

SEED = int(os.environ.get("SEED", "0"))
ROOT = Path(os.environ["FIXTURES"]) / "shards"
RANDOM = np.random.default_rng(4200 + SEED)


# ---- The shard ----


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def number(value):
    return struct.pack("<q", value)


def string(data):
    return number(len(data)) + data


def png(pixels, mode):
    file = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, "PNG")
    return file.getvalue()


def sample(index):
    width, height = 6 + index, 5
    mask = np.zeros((height, width), np.uint8)
    if index != 1:
        mask[2, 1 : 3 + index] = 255
    picture = RANDOM.integers(0, 256, (height, width, 3), np.uint8)
    return {
        "id": f"scene-{SEED}-{index}",
        "width": width,
        "height": height,
        "image": png(picture, "RGB"),
        "mask": png(mask, "1"),
        "empty": index == 1,
        "questions": [f"Where is {RANDOM.integers(100)}?", f"Wo läge {index}? 🛰"][: 1 + index % 2],
        "answers": [f"there, {index}"] * (index % 3),
        "instances": [
            {"class": f"Öltank {k}", "target": index != 1, "box": [1, 2, 3.5 + k, 3]}
            for k in range(1 + index)
        ],
    }


def checksum(one):
    data = string(one["id"].encode()) + number(0) + number(one["width"]) + number(one["height"])
    data += number(int(one["empty"])) + string(one["image"]) + string(one["mask"])
    for texts in (one["questions"], one["answers"]):
        data += number(len(texts)) + b"".join(string(text.encode()) for text in texts)
    data += number(len(one["instances"]))
    for each in one["instances"]:
        data += string(each["class"].encode()) + number(int(each["target"]))
        data += struct.pack("<4d", *each["box"]) + string(one["mask"])
    return crc32c(data)


def bounds(lengths):
    return np.cumsum([0, *lengths]).astype("<i8")


def strings(name, items):
    joined = np.frombuffer(b"".join(items), np.uint8)
    return {f"{name}/bytes": joined, f"{name}/offsets": bounds(map(len, items))}


def arrays(samples):
    def flat(key):
        return [text.encode() for one in samples for text in one[key]]

    instances = [(one, each) for one in samples for each in one["instances"]]
    result = {
        **strings("ids", [one["id"].encode() for one in samples]),
        **strings("images", [one["image"] for one in samples]),
        **strings("masks", [one["mask"] for one in samples]),
        **strings("questions", flat("questions")),
        **strings("answers", flat("answers")),
        **strings("instances/classes", [each["class"].encode() for _, each in instances]),
        **strings("instances/masks", [one["mask"] for one, _ in instances]),
        "instances/is_target": np.array([each["target"] for _, each in instances], "u1"),
        "instances/boxes": np.array([each["box"] for _, each in instances], "<f8"),
        "width": np.array([one["width"] for one in samples], "<i4"),
        "height": np.array([one["height"] for one in samples], "<i4"),
        "image_format": np.zeros(len(samples), "u1"),
        "empty_target": np.array([one["empty"] for one in samples], "u1"),
        "crc32c": np.array([checksum(one) for one in samples], "<u4"),
    }
    for key in ("questions", "answers", "instances"):
        result[f"{key}/samples"] = bounds(len(one[key]) for one in samples)
    return result


SAMPLES = [sample(index) for index in range(4)]
ARRAYS = arrays(SAMPLES)


def attributes(file):
    file.attrs["format"] = np.bytes_(b"think2seg-shard")
    file.attrs["version"] = np.int64(1)
    file.attrs["dataset"] = np.bytes_(b"Tiny")
    file.attrs["split"] = np.bytes_(b"train")


def write(name, each=lambda path: {}, convert=lambda path, data: data, without=(), **options):
    """The shard as a file, which the caller closes."""
    path = ROOT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    file = h5py.File(path, "w", **options)
    attributes(file)
    for path, data in ARRAYS.items():
        if path not in without:
            file.create_dataset(path, data=convert(path, data), **each(path))
    return file


# ---- Forms that are read ----


def annotate(item, file):
    item.attrs["text"] = "mine, ü"
    item.attrs["näme"] = 3
    item.attrs["bytes"] = np.bytes_(b"abc")
    item.attrs["array"] = np.arange(12.0).reshape(3, 4)
    item.attrs["bool"] = np.array([True, False])
    item.attrs["compound"] = np.zeros(2, [("x", "<f4", (2, 2)), ("n", "S4"), ("i", "<i2")])
    item.attrs["complex"] = 1 + 2j
    item.attrs["half"] = np.float16(3)
    item.attrs["none"] = h5py.Empty("<f4")
    item.attrs["no text"] = h5py.Empty("S5")
    item.attrs["reference"] = file["ids"].ref
    item.attrs["region"] = file["images/bytes"].regionref[0:10]
    item.attrs["opaque"] = np.void(b"\0\1\2")
    item.attrs["texts"] = ["a", "bb", "ccc"]
    lists = np.empty(2, object)
    lists[:] = [np.arange(3, dtype="<i4"), np.arange(2, dtype="<i4")]
    item.attrs.create("lists", lists, dtype=h5py.vlen_dtype(np.dtype("<i4")))
    item.attrs.create("enumeration", 1, dtype=h5py.enum_dtype({"A": 0, "B": 1}, basetype="i1"))
    item.attrs.create("named", np.zeros((), [("a", "<i4")]), dtype=file["type"])


def forms_read():
    write("read/plain.h5").close()
    write(
        "read/gzip.h5",
        lambda path: dict(
            compression="gzip", shuffle=True, chunks=True, maxshape=(None,) * ARRAYS[path].ndim
        ),
    ).close()

    options = {
        "ids/bytes": dict(fletcher32=True, chunks=(7,)),
        "ids/offsets": dict(fletcher32=True, compression="gzip", shuffle=True),
        "images/bytes": dict(compression="gzip", compression_opts=0, chunks=(100,)),
        "images/offsets": dict(shuffle=True, chunks=(2,)),
        "masks/bytes": dict(compression="gzip", chunks=(50,), maxshape=(None,)),
        "instances/boxes": dict(compression="gzip", shuffle=True, chunks=(3, 3)),
        "questions/bytes": dict(compression="gzip", chunks=ARRAYS["questions/bytes"].shape),
        "crc32c": dict(fletcher32=True, chunks=(3,)),
    }
    unwritten = ("empty_target", "image_format", "height")
    with write("read/filters.h5", lambda path: options.get(path, {}), without=unwritten) as file:
        flags = ARRAYS["empty_target"]
        empty = file.create_dataset(
            "empty_target", flags.shape, "u1", chunks=(1,), compression="gzip"
        )
        empty[1] = flags[1]
        file.create_dataset("image_format", flags.shape, "u1")
        file.create_dataset(
            "height", flags.shape, "<i4", chunks=(3,), compression="gzip", fillvalue=5
        )

    with write("read/attributes.h5") as file:
        file["type"] = np.dtype([("a", "<i4")])
        for item in (file, file["images"], file["images/bytes"], file["width"]):
            annotate(item, file)
        for index in range(200):
            file.attrs[f"many {index}"] = index
        extra = file.create_group("extra/deep")
        extra.create_dataset("texts", data=["a", "b"])
        extra.create_dataset("compressed", data=np.zeros(8), compression="lzf")
        file.create_group("ordered", track_order=True)["outside"] = h5py.ExternalLink("no.h5", "/a")
        file["ids"].create_dataset("note", data=3)
        file["soft"] = h5py.SoftLink("/ids")
        file["dangling"] = h5py.SoftLink("/nowhere")
        file["another name"] = file["images"]
        extra["round"] = file["/"]
        file["width"].make_scale("width")
        file["height"].dims[0].attach_scale(file["width"])

    wide = {"width": ">i4", "height": "<u2", "image_format": "<i8", "crc32c": ">u8"}
    wide |= {"instances/boxes": ">f4", "ids/offsets": ">i8", "images/offsets": "<u4"}
    packed = {"height": dict(compression="gzip"), "ids/offsets": dict(compression="gzip")}
    with write(
        "read/types.h5",
        lambda path: packed.get(path, {}),
        lambda path, data: data.astype(wide.get(path, data.dtype)),
        userblock_size=512,
    ) as file:
        for name in ("format", "dataset", "split"):
            text = file.attrs[name].decode()
            del file.attrs[name]
            file.attrs[name] = [text] if name == "split" else text
        file.attrs["version"] = np.array([1], ">u2")
    with open(ROOT / "read/types.h5", "r+b") as file:
        file.write(b"This is somebody else's.")


# ---- Forms that are refused ----


def replaced(name, path, make, **options):
    with write(name, without=(path,), **options) as file:
        make(file)


def forms_refused():
    refused = {}

    def refuse(name, words, mend=""):
        refused[name] = {"words": words, "mend": mend}
        return f"refused/{name}.h5"

    def only(path, **options):
        return lambda other: options if other == path else {}

    write(refuse("latest", ["newer form of HDF5"], "either"), libver="latest").close()
    write(
        refuse("paged", ["newer form of HDF5"], "either"), fs_strategy="page", fs_page_size=512
    ).close()
    write(
        refuse("latest_ordered", ["newer form of HDF5"], "python"), libver="latest", track_order=True
    ).close()
    write(refuse("ordered", ["'/'", "newer form", "track_order"], "python"), track_order=True).close()
    write(
        refuse("ordered_attributes", ["'width'", "newer form", "track_order"], "python"),
        only("width", track_order=True),
    ).close()
    with write(refuse("external_link", ["'/'", "external links"], "python")) as file:
        file["outside"] = h5py.ExternalLink("no.h5", "/a")
    for name, mend in (("lzf", "python"), ("szip", "h5repack")):
        write(
            refuse(name, ["'images/bytes'", f"the filter {name};"], mend),
            only("images/bytes", compression=name),
        ).close()
    write(
        refuse("scaleoffset", ["'images/offsets'", "the filter scaleoffset;"], "h5repack"),
        only("images/offsets", scaleoffset=0),
    ).close()

    def named(file):
        file["type"] = np.dtype("<i4")
        file.create_dataset("width", data=ARRAYS["width"], dtype=file["type"])

    replaced(refuse("named_type", ["'width'", "a name of its own"], "python"), "width", named)

    def outside(file):
        shape = ARRAYS["width"].shape
        file.create_dataset("width", shape, "<i4", external=[("no.bin", 0, h5py.h5f.UNLIMITED)])

    replaced(refuse("external_file", ["'width'", "other files"], "python"), "width", outside)

    def soft(file):
        file["elsewhere"] = ARRAYS["width"]
        file["width"] = h5py.SoftLink("/elsewhere")

    replaced(refuse("soft_link", ["'width'", "soft link"]), "width", soft)
    for name, path, convert, words in (
        ("enumeration", "empty_target", lambda data: data.astype(bool), "an enumeration"),
        ("opaque", "ids/bytes", lambda data: data.view("V1"), "opaque bytes"),
        ("float", "width", lambda data: data.astype("<f8"), "holds float64, where int32"),
        ("text", "ids/bytes", lambda data: data.view("S1"), "texts of 1 bytes, where shards"),
        ("rank", "width", lambda data: data[:, None], "the shape [4, 1]"),
        ("negative", "crc32c", lambda data: data.astype("<i8") - 2**32, "which is no uint32"),
    ):
        write(
            refuse(name, [f"'{path}'", words]),
            convert=lambda other, data, path=path, convert=convert: (
                convert(data) if other == path else data
            ),
        ).close()
    (ROOT / "refused.json").write_text(json.dumps(refused, indent=1) + "\n")


def main():
    forms_read()
    forms_refused()
    expected = [
        {
            **{key: one[key] for key in ("id", "width", "height", "questions", "answers")},
            "classes": [each["class"] for each in one["instances"]],
        }
        for one in SAMPLES
    ]
    (ROOT / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n")


main()
