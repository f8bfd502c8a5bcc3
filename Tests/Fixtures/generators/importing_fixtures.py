"""Fixtures of PicklesTests, ImagingTests (TIFF) and ImportersTests (the importers).

Pinned: Python 3.11, pycocotools 2.0.11, pillow 13.0.0 (libtiff), numpy 2.4.6.
`Tests/Fixtures/generate importing` runs it.

pickles/protocolN.p       what pickle.dump writes of values.json in that protocol
pickles/python2-N.p       the same with the instructions for Python 2's str
pickles/values.json       the values
masks/polygons.json       height, width, polygons, and the mask that pycocotools decodes
masks/rles.json           height, width, segmentation (one or a list), and the mask
tiff/NAME.tif             a file in some mode
tiff/NAME.rgb             bytes of Image.open(file).convert("RGB")
trees/rrsis-d, refsegrs, risbench    small data sets in the three layouts
trees/expected.json       for each set and split the samples: id, text, class, width, height, rgb, mask

A mask is the base64 of its rows' pixels, one after another, eight in a byte, the first in the
lowest bit; rgb is the base64 of the bytes of convert("RGB").
"""

import base64
import io
import json
import os
import pickle
import shutil
from pathlib import Path

import numpy as np
from PIL import Image
from pycocotools import mask as coco

SEED = int(os.environ.get("SEED", "0"))
ROOT = Path(os.environ["FIXTURES"]) / "importing"
RANDOM = np.random.default_rng(3100 + SEED)


def packed(mask):
    bits = np.packbits(np.asarray(mask, dtype=bool).reshape(-1), bitorder="little")
    return base64.b64encode(bits.tobytes()).decode()


def write(path, data):
    path = ROOT / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


def write_json(path, value):
    write(path, json.dumps(value, ensure_ascii=False, indent=None) + "\n")


# ---- Pickles ----


class Python2Pickler(pickle._Pickler):
    """Writes texts of ASCII, and bytes, as Python 2 writes its str."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_str(self, text):
        if not text.isascii():
            return super().save_str(text)
        data = text.encode()
        if not self.bin:
            self.write(pickle.STRING + repr(text).encode() + b"\n")
        elif len(data) < 256:
            self.write(pickle.SHORT_BINSTRING + bytes([len(data)]) + data)
        else:
            self.write(pickle.BINSTRING + len(data).to_bytes(4, "little") + data)
        self.memoize(text)

    dispatch[str] = save_str


def pickles():
    shared = ["the", "plane"]
    value = [
        {
            "ref_id": 7, "image_id": 70000, "big": 2**40, "negative": -5, "file_name": "7.jpg",
            "split": "train", "none": None, "yes": True, "no": False, "share": 0.1,
            "tiny": -2.5e-300, "tokens": shared,
            "sentences": [{"tokens": shared, "raw": "The plane 'A' \"B\" \\n at\nleft\tend",
                           "sent": "Où? 飛行機 😀 \\u0041 \\\\u0041", "sent_id": 3}],
        },
        {"long": "plane " * 60, "empty": "", "list": [], "dictionary": {}, "nested": [[[1]], []]},
        {"many": list(range(2000))},
    ]
    write_json("pickles/values.json", value)
    for protocol in range(6):
        write(f"pickles/protocol{protocol}.p", pickle.dumps(value, protocol))
    for protocol in range(3):
        file = io.BytesIO()
        Python2Pickler(file, protocol).dump(value)
        assert pickle.loads(file.getvalue()) == value
        write(f"pickles/python2-{protocol}.p", file.getvalue())


# ---- Masks ----


def polygon(height, width):
    """A polygon of some kind: any corners, a star, a speck, whole numbers, far outside, lines."""
    kind = RANDOM.integers(0, 7)
    count = int(RANDOM.integers(3, 14))
    size = np.array([width, height])
    if kind == 0:
        points = RANDOM.uniform(0, 1, (count, 2)) * size
    elif kind == 1:
        angles = np.sort(RANDOM.uniform(0, 2 * np.pi, count))
        radii = RANDOM.uniform(0.1, 0.6, count)[:, None] * size
        points = size * RANDOM.uniform(0.2, 0.8, 2) + radii * np.stack(
            [np.cos(angles), np.sin(angles)], -1)
    elif kind == 2:
        points = RANDOM.uniform(0, 1, 2) * size + RANDOM.uniform(-1.5, 1.5, (count, 2))
    elif kind == 3:
        points = RANDOM.integers(0, size + 1, (count, 2)).astype(float)
    elif kind == 4:
        points = RANDOM.uniform(-2, 3, (count, 2)) * size
    elif kind == 5:
        points = np.round(RANDOM.uniform(-0.2, 1.2, (count, 2)) * size * 10) / 10
        points[1] = points[0]
        points[2, 0] = points[0, 0]
    else:
        points = RANDOM.integers(-5, 5 * size + 5, (count, 2)) / 5 + RANDOM.choice([0, 0.1, 0.5])
    return [round(float(number), 4) for number in points.reshape(-1)]


def decoded(rles):
    return np.sum(coco.decode(rles), axis=2) > 0


def polygons():
    cases = []
    for _ in range(160):
        height, width = (int(side) for side in RANDOM.integers(1, 40, 2))
        parts = [polygon(height, width) for _ in range(RANDOM.choice([1, 1, 1, 2, 3]))]
        mask = decoded(coco.frPyObjects(parts, height, width))
        cases.append({"height": height, "width": width, "polygons": parts, "mask": packed(mask)})
    write_json("masks/polygons.json", cases)


def blobs(height, width):
    mask = np.zeros((height, width), np.uint8)
    for _ in range(RANDOM.integers(0, 5)):
        x, y = RANDOM.integers(0, width), RANDOM.integers(0, height)
        mask[y:y + RANDOM.integers(1, height + 1), x:x + RANDOM.integers(1, width + 1)] ^= 1
    if RANDOM.random() < 0.3:
        mask ^= (RANDOM.random((height, width)) < 0.2).astype(np.uint8)
    return mask


def counts(mask):
    flat = mask.reshape(-1, order="F")
    edges = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.concatenate([[0], edges, [flat.size]])).tolist()
    return [0] + runs if flat[0] else runs


def compressed(mask):
    rle = coco.encode(np.asfortranarray(mask))
    return {"size": rle["size"], "counts": rle["counts"].decode()}


def rles():
    cases = []
    for index in range(60):
        height, width = (int(side) for side in RANDOM.integers(1, 60, 2))
        if index == 0:
            height, width = 250, 90
        masks = [blobs(height, width) for _ in range(RANDOM.choice([1, 1, 2, 3]))]
        if RANDOM.random() < 0.3:
            parts = [{"size": [height, width], "counts": counts(mask)} for mask in masks]
            expected = decoded(coco.frPyObjects(parts, height, width))
        else:
            parts = [compressed(mask) for mask in masks]
            expected = decoded(parts)
        segmentation = parts[0] if len(parts) == 1 and RANDOM.random() < 0.5 else parts
        cases.append({"height": height, "width": width, "segmentation": segmentation,
                      "mask": packed(expected)})
    write_json("masks/rles.json", cases)


# ---- TIFF ----


def scene(width, height):
    y, x = np.mgrid[0:height, 0:width]
    picture = np.stack([255 * x / width, 120 + 80 * np.sin(x / 3) + y, 255 * y / height], axis=-1)
    picture = picture + RANDOM.normal(0, 12, (height, width, 3))
    return Image.fromarray(picture.clip(0, 255).astype(np.uint8))


def saved(picture, kind="TIFF", **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def raw_tiff(width, height, samples, tags, order="<"):
    """A TIFF of raw strips, tiles or planes, for what Pillow does not write.

    samples: the data blocks; tags: {number: (type, values)} beside sizes and places.
    """
    size = {3: 2, 4: 4}
    byte_order = "little" if order == "<" else "big"
    blocks_tag, counts_tag = (324, 325) if 322 in tags else (273, 279)
    entries = {256: (4, [width]), 257: (4, [height]), 259: (3, [1]), **tags}
    data, places = b"", []
    for block in samples:
        places.append(8 + len(data))
        data += block + b"\0" * (len(block) % 2)
    entries[blocks_tag] = (4, places)
    entries[counts_tag] = (4, [len(block) for block in samples])
    directory = 8 + len(data)
    extra_at = directory + 2 + 12 * len(entries) + 4
    table, extra = len(entries).to_bytes(2, byte_order), b""
    for tag in sorted(entries):
        kind, values = entries[tag]
        packed_values = b"".join(value.to_bytes(size[kind], byte_order) for value in values)
        table += tag.to_bytes(2, byte_order) + kind.to_bytes(2, byte_order)
        table += len(values).to_bytes(4, byte_order)
        if len(packed_values) <= 4:
            table += packed_values.ljust(4, b"\0")
        else:
            table += (extra_at + len(extra)).to_bytes(4, byte_order)
            extra += packed_values
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + directory.to_bytes(4, byte_order) + data + table + b"\0\0\0\0" + extra


def tiles(pixels, side):
    """The tiles of an array of rows, columns and samples, padded with noise."""
    height, width, channels = pixels.shape
    result = []
    for y in range(0, height, side):
        for x in range(0, width, side):
            tile = RANDOM.integers(0, 256, (side, side, channels), dtype=np.uint8)
            part = pixels[y:y + side, x:x + side]
            tile[:part.shape[0], :part.shape[1]] = part
            result.append(tile.tobytes())
    return result


def tiffs():
    picture = scene(37, 29)
    pixels = np.asarray(picture)
    gray = picture.convert("L")
    alpha = Image.fromarray(RANDOM.integers(0, 256, (29, 37), dtype=np.uint8))
    with_alpha = picture.copy()
    with_alpha.putalpha(alpha)
    gray_alpha = gray.copy()
    gray_alpha.putalpha(alpha)
    rgb = {258: (3, [8, 8, 8]), 262: (3, [2]), 277: (3, [3])}
    planes = [np.ascontiguousarray(pixels[:, :, channel]) for channel in range(3)]
    strips = [plane[y:y + 10].tobytes() for plane in planes for y in range(0, 29, 10)]
    plane_tiles = [tile for plane in planes for tile in tiles(plane[:, :, None], 16)]
    second = saved(picture, save_all=True, append_images=[scene(5, 4)])
    return {
        "rgb": saved(picture),
        "rgb-lzw": saved(picture, compression="tiff_lzw"),
        "rgb-deflate": saved(picture, compression="tiff_adobe_deflate"),
        "rgb-packbits": saved(picture, compression="packbits"),
        "rgb-jpeg": saved(picture, compression="jpeg", quality=90),
        "rgba": saved(with_alpha),
        "gray": saved(gray),
        "gray-lzw": saved(gray, compression="tiff_lzw"),
        "gray-alpha": saved(gray_alpha),
        "gray-white-is-zero": raw_tiff(
            37, 29, [np.asarray(gray).tobytes()],
            {258: (3, [8]), 262: (3, [0]), 277: (3, [1]), 278: (4, [29])}),
        "palette": saved(picture.quantize(200)),
        "one-pixel": saved(scene(1, 1)),
        "two-pages": second,
        "big-endian": raw_tiff(37, 29, [pixels.tobytes()], {**rgb, 278: (4, [29])}, order=">"),
        "strips": raw_tiff(37, 29, [pixels[y:y + 10].tobytes() for y in range(0, 29, 10)],
                           {**rgb, 278: (4, [10])}),
        "planes": raw_tiff(37, 29, strips, {**rgb, 278: (4, [10]), 284: (3, [2])}),
        "tiles": raw_tiff(37, 29, tiles(pixels, 16), {**rgb, 322: (4, [16]), 323: (4, [16])}),
        "tiles-planes": raw_tiff(
            37, 29, plane_tiles, {**rgb, 284: (3, [2]), 322: (4, [16]), 323: (4, [16])}),
    }


# ---- Trees ----


def region(width, height):
    mask = np.zeros((height, width), bool)
    x, y = RANDOM.integers(0, width - 4), RANDOM.integers(0, height - 4)
    mask[y:y + RANDOM.integers(1, 9), x:x + RANDOM.integers(1, 9)] = True
    return mask


def sample(name, text, image, mask, class_name=None):
    picture = Image.open(io.BytesIO(image)).convert("RGB")
    return {"id": name, "text": text, "class": class_name, "width": picture.width,
            "height": picture.height, "rgb": base64.b64encode(picture.tobytes()).decode(),
            "mask": packed(mask)}


def rrsis_d():
    names = {3: "airplane", 11: "storage tank", 20: "expressway service area"}
    splits = ["train", "val", "test", "train", "train", "test", "train", "train"]
    refs, images, annotations = [], [], []
    expected = {split: [] for split in ["train", "val", "test"]}
    for index, split in enumerate(splits):
        ref_id, image_id, ann_id = 100 - 13 * index, 500 + index, 900 + 3 * index
        width, height = int(RANDOM.integers(20, 32)), int(RANDOM.integers(20, 32))
        file = f"{11000 + index:05}.jpg"
        data = saved(scene(width, height), "JPEG", quality=90)
        write(f"trees/rrsis-d/images/rrsisd/JPEGImages/{file}", data)
        category = list(names)[index % 3]
        masks = [region(width, height).astype(np.uint8) for _ in range(1 + index % 2)]
        kind = index % 4
        if kind == 0:
            segmentation = [compressed(mask) for mask in masks]
            mask = decoded(segmentation)
        elif kind == 1:
            segmentation = [polygon(height, width) for _ in masks]
            mask = decoded(coco.frPyObjects(segmentation, height, width))
        elif kind == 2:
            segmentation = {"size": [height, width], "counts": counts(masks[0])}
            mask = masks[0] > 0
        else:
            segmentation = compressed(masks[0])
            mask = masks[0] > 0
        images.append({"id": image_id, "file_name": file, "width": width, "height": height})
        annotations.append({
            "id": ann_id, "image_id": image_id, "category_id": category, "iscrowd": 0,
            "segmentation": segmentation, "area": int(mask.sum()), "bbox": [0, 0, 1.5, 1]})
        sentences = [f"The {names[category]} number {index} on the left", "Another sentence"]
        refs.append({
            "ref_id": ref_id, "ann_id": ann_id, "image_id": image_id, "category_id": category,
            "file_name": file, "split": split, "sent_ids": [2 * index, 2 * index + 1],
            "sentences": [
                {"sent": sent, "raw": sent.upper(), "sent_id": 2 * index + place,
                 "tokens": sent.lower().split()}
                for place, sent in enumerate(sentences[:1 + index % 2])]})
        expected[split].append(
            sample(str(ref_id), sentences[0] + ".", data, mask, names[category]))
    write("trees/rrsis-d/rrsisd/refs(unc).p", pickle.dumps(refs))
    write_json("trees/rrsis-d/rrsisd/instances.json", {
        "info": {"description": "small"}, "images": images, "annotations": annotations,
        "categories": [{"id": key, "name": name} for key, name in names.items()]})
    return expected


def refsegrs():
    expected = {}
    number = 0
    for split in ["train", "val", "test"]:
        lines, samples = [], []
        for _ in range(2):
            number += 1
            image = saved(scene(24, 20), compression=[None, "tiff_lzw"][number % 2])
            mask = region(24, 20)
            label = np.zeros((20, 24, 3), np.uint8)
            label[:, :, 0] = mask * 255
            label[:, :, 1] = region(24, 20) * 9
            write(f"trees/refsegrs/images/{number}.tif", image)
            write(f"trees/refsegrs/masks/{number}.tif", saved(Image.fromarray(label)))
            for phrase in ["road on the left", "the  car near a Building"][:number % 2 + 1]:
                lines.append(f"{number} {phrase}")
                samples.append(sample(f"{number}-{len(lines)}", phrase, image, mask))
        write(f"trees/refsegrs/output_phrase_{split}.txt", "\n".join(lines) + "\n")
        expected[split] = samples
    return expected


def risbench():
    expected = {}
    number = 0
    for split in ["train", "val", "test"]:
        lines, samples = [], []
        for _ in range(3):
            number += 1
            name = f"{number:05}_{split}.png"
            image = saved(scene(22, 26), "PNG")
            mask = region(22, 26)
            label = Image.fromarray((mask * [255, 1, 7][number % 3]).astype(np.uint8))
            if number % 4 == 0:
                label = Image.fromarray(mask)
            elif number % 4 == 1:
                label = Image.merge("RGB", [label] * 3)
            elif number % 4 == 2:
                label = Image.fromarray(mask.astype(np.uint8), "P")
                label.putpalette([0, 0, 0, 128, 0, 0])
            write(f"trees/risbench/img_rgb/{name}", image)
            write(f"trees/risbench/mask/{name}", saved(label, "PNG"))
            phrase = f"the ship number {number} in the harbor"
            lines.append(f"{name} {phrase}")
            samples.append(sample(f"{number:05}_{split}-{len(lines)}", phrase, image, mask))
        write(f"trees/risbench/output_phrase_{split}.txt", "\r\n".join(lines))
        expected[split] = samples
    return expected


def main():
    shutil.rmtree(ROOT, ignore_errors=True)
    pickles()
    polygons()
    rles()
    for name, data in tiffs().items():
        write(f"tiff/{name}.tif", data)
        write(f"tiff/{name}.rgb", Image.open(io.BytesIO(data)).convert("RGB").tobytes())
    expected = {"rrsis-d": rrsis_d(), "refsegrs": refsegrs(), "risbench": risbench()}
    for splits in expected.values():
        for samples in splits.values():
            samples.sort(key=lambda one: one["id"].encode())
    write_json("trees/expected.json", expected)


main()
