"""The part of qwen25vl_fixtures.py that prepares pictures.

Writes into qwen25vl/processor/:

  hub.json          preprocessor_config.json as the hub writes it
  new.json          as transformers 5 does, with other limits
  sizes.json        [[height, width, factor, min_pixels, max_pixels, new height, new width], ...];
                    null for both new ones where the processor refuses
  pictures.json     shift: of the picture's formula, see `picture`;
                    patches: per picture width, height, patch_size, min_pixels, max_pixels, the rows
                    and columns of the grid, and the `checksum` of its patches (float32);
                    stretched: per picture width, height, side (the square that Pillow's LANCZOS
                    stretches it to), the checksum of these bytes (as uint32), and of the square
                    [width, height] and checksum as `patches` with the limits of hub.json
  picture.safetensors  patches [2, 1176]: rows 0 and 13 of the picture of 61 x 45 with the limits of new.json
"""

import json
import pathlib
import random
import shutil
import tempfile

import numpy as np
from PIL import Image
from safetensors.torch import save_file
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import (
    Qwen2VLImageProcessorPil,
    smart_resize,
)

from qwen25vl_models import NUMBER

SHIFT = NUMBER % 256
HUB = {
    "min_pixels": 3136, "max_pixels": 12845056, "patch_size": 14, "temporal_patch_size": 2,
    "merge_size": 2, "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "image_processor_type": "Qwen2VLImageProcessor", "processor_class": "Qwen2_5_VLProcessor",
}
LIMITS = [(3136, 28 * 28 * 1280), (3136, 12845056), (256 * 784, 16384 * 784), (784, 784 * 4)]


def picture(width: int, height: int) -> np.ndarray:
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing="ij")
    return ((x * 7 + y * 13 + c * 50 + (x * y) % 31 * 3 + SHIFT) % 256).astype(np.uint8)


def checksum(words: np.ndarray) -> str:
    """A sum modulo 2^64 of words of 32 bits, each times an odd number that depends on its place."""
    words = np.ascontiguousarray(words).reshape(-1).view(np.uint32).astype(np.uint64)
    place = np.arange(1, len(words) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return str(int(((place ^ (place >> np.uint64(29))) * words + words).sum(dtype=np.uint64)))


def size(height: int, width: int, factor: int, least: int, most: int) -> list[int | None]:
    try:
        found = smart_resize(height, width, factor, least, most)
    except ValueError:
        found = (None, None)
    return [height, width, factor, least, most, *found]


def sizes() -> list[list[int | None]]:
    draw = random.Random(NUMBER + 2)
    fixed = [
        (1, 1), (10, 10), (27, 27), (28, 28), (42, 42), (43, 41), (70, 14), (45, 61), (98, 126),
        (512, 512), (840, 840), (841, 839), (600, 800), (2000, 11), (2000, 10), (3000, 4000),
        (5000, 37), (27, 5000), (1008, 1008), (1, 200), (1, 201), (200, 1), (201, 1), (2010, 10),
        (10, 2001), (20000, 20000), (9999, 50), (1400, 42), (14, 2800), (55, 57)]
    result = [size(*shape, 28, *limits) for shape in fixed for limits in LIMITS]
    for _ in range(200):
        height = round(2 ** draw.uniform(0, 13))
        width = round(2 ** draw.uniform(0, 13))
        result.append(size(height, width, draw.choice([28, 28, 4, 8, 12]), *draw.choice(LIMITS)))
    return result


def prepared(image: Image.Image, patch: int, least: int, most: int) -> dict:
    processor = Qwen2VLImageProcessorPil(patch_size=patch, min_pixels=least, max_pixels=most)
    given = processor(image, return_tensors="pt")
    return {
        "rows": int(given["image_grid_thw"][0, 1]), "columns": int(given["image_grid_thw"][0, 2]),
        "checksum": checksum(given["pixel_values"].numpy())}


def patches() -> list[dict]:
    draw = random.Random(NUMBER + 3)
    shapes = [(61, 45, 14, *LIMITS[0]), (56, 56, 14, *LIMITS[0]), (1, 1, 14, *LIMITS[0]),
              (100, 37, 14, *LIMITS[0]), (13, 190, 14, *LIMITS[0]), (301, 203, 14, *LIMITS[1]),
              (120, 90, 14, *LIMITS[3]), (50, 40, 4, 256, 4096), (90, 97, 6, 144, 2304)]
    for _ in range(6):
        patch = draw.choice([2, 4, 6, 14])
        unit = 4 * patch * patch
        shapes.append((draw.randint(4, 200), draw.randint(4, 200), patch, unit, unit * draw.randint(2, 60)))
    return [
        {"width": w, "height": h, "patch_size": patch, "min_pixels": least, "max_pixels": most}
        | prepared(Image.fromarray(picture(w, h)), patch, least, most)
        for w, h, patch, least, most in shapes]


def stretched() -> list[dict]:
    draw = random.Random(NUMBER + 4)
    shapes = [(120, 90, 840), (300, 200, 840), (90, 120, 56), (640, 480, 100), (33, 57, 131),
              (100, 100, 100)]
    shapes += [(draw.randint(8, 400), draw.randint(8, 400), draw.randint(28, 300)) for _ in range(4)]
    result = []
    for width, height, side in shapes:
        square = Image.fromarray(picture(width, height)).resize((side, side), Image.LANCZOS)
        result.append(
            {"width": width, "height": height, "side": side,
             "bytes": checksum(np.asarray(square).astype(np.uint32)),
             "square": prepared(square, 14, HUB["min_pixels"], HUB["max_pixels"])})
    return result


def write(folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "hub.json").write_text(json.dumps(HUB, indent=2) + "\n")
    made = Qwen2VLImageProcessorPil(min_pixels=56 * 56, max_pixels=28 * 28 * 1280)
    with tempfile.TemporaryDirectory() as other:
        made.save_pretrained(other)
        shutil.copy(other + "/preprocessor_config.json", folder / "new.json")
    (folder / "sizes.json").write_text(json.dumps(sizes()) + "\n")
    (folder / "pictures.json").write_text(
        json.dumps({"shift": SHIFT, "patches": patches(), "stretched": stretched()}) + "\n")
    given = made(Image.fromarray(picture(61, 45)), return_tensors="pt")
    save_file({"patches": given["pixel_values"][[0, 13]]}, folder / "picture.safetensors")
