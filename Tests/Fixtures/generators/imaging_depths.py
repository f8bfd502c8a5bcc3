"""Pictures of other depths than 8 bits, and TIFF files that leave blocks out.

Pinned as imaging_fixtures.py, which writes depths.json. `percentiles` has what numpy.percentile gives for all
samples of several files together: `files`, `stretch`, `gray` (low, high), `colors` (low, high of each).
`pictures` is a list of

name      what is special about the file
file      the file, base64
stretch   how --stretch says it; none where the samples have at most 8 bits
rgb       bytes of the picture, base64: of at most 8 bits what Pillow's convert("RGB") gives, of more what
          numpy.percentile and the formula give
label     one byte for each pixel, base64: 1 where a sample is above 0
range     the least and the greatest value, of more than 8 bits
"""

import base64
import io
import json
import struct
import zlib

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 13, 11
TYPES = {"u": 1, "i": 2, "f": 3}


def tiff(blocks, tags, order="<", big=False):
    """A TIFF of blocks as they are; None is a block that is left out. tags: {number: (type, values)}"""
    codes = {2: "B", 3: "H", 4: "I", 16: "Q"}
    place = "Q" if big else "I"
    data, places = b"", []
    for block in blocks:
        places.append(0 if block is None else (16 if big else 8) + len(data))
        data += block or b""
        data += b"\0" * (len(data) % 2)
    names = (324, 325) if 322 in tags else (273, 279)
    entries = {256: (4, [WIDTH]), 257: (4, [HEIGHT]), 259: (3, [1]), names[0]: (16 if big else 4, places),
               names[1]: (16 if big else 4, [len(block or b"") for block in blocks]), **tags}
    start = (16 if big else 8) + len(data)
    table = struct.pack(order + ("Q" if big else "H"), len(entries))
    after = start + len(table) + len(entries) * (20 if big else 12) + (8 if big else 4)
    extra = b""
    for tag in sorted(entries):
        kind, values = entries[tag]
        packed = struct.pack(order + codes[kind] * len(values), *values)
        table += struct.pack(order + "HH" + place, tag, kind, len(values))
        if len(packed) <= (8 if big else 4):
            table += packed.ljust(8 if big else 4, b"\0")
        else:
            table += struct.pack(order + place, after + len(extra))
            extra += packed
    mark = b"II" if order == "<" else b"MM"
    head = (struct.pack(order + "HHHQ", 43, 8, 0, start) if big else struct.pack(order + "HI", 42, start))
    return mark + head + data + table + struct.pack(order + place, 0) + extra


def kind(pixels, bits=None, photometric=None):
    """The tags that say what samples are."""
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    depth = bits or pixels.dtype.itemsize * 8
    if photometric is None:
        photometric = 2 if channels >= 3 else 1
    return {258: (3, [depth] * channels), 262: (3, [photometric]), 277: (3, [channels]),
            339: (3, [TYPES[pixels.dtype.kind]] * channels)}


def packed(pixels, bits):
    """Rows of samples with so many bits each, the highest first."""
    rows = pixels.reshape(pixels.shape[0], -1)
    return b"".join(np.packbits((row[:, None] >> np.arange(bits)[::-1] & 1).astype(np.uint8).ravel()).tobytes()
                    for row in rows)


def png16(pixels):
    color = {1: 0, 2: 4, 3: 2, 4: 6}[1 if pixels.ndim == 2 else pixels.shape[2]]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    def chunk(name, data):
        return (struct.pack(">I", len(data)) + name + data
                + struct.pack(">I", zlib.crc32(name + data)))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, color, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def stretched(pixels, stretch, whole, nodata=None):
    """The bytes of a picture, and the range of its values."""
    values = pixels.astype(float).reshape(HEIGHT, WIDTH, -1)
    valid = np.isfinite(values).all(2)
    if nodata is not None:
        valid &= (values != nodata).all(2)
    result = np.zeros_like(values)
    for channel in range(values.shape[2]):
        if stretch == "none":
            low, high = whole
        elif stretch[0] == "p":
            low, high = np.percentile(values[..., channel][valid],
                                      [float(part[1:]) for part in stretch.split(",")])
        else:
            low, high = map(float, stretch.split(","))
        share = (np.where(valid, values[..., channel], low) - low) * 255 / (high - low)
        result[..., channel] = np.floor(share.clip(0, 255) + 0.5)
    result = np.where(valid[..., None], result, 0).astype(np.uint8)
    return np.broadcast_to(result, (HEIGHT, WIDTH, 3)), [values[valid].min(), values[valid].max()]


def text(data):
    return base64.b64encode(bytes(data)).decode()


def deep(name, file, pixels, whole=None, nodata=None, stretches=("0,3000", "p2,p98")):
    for stretch in stretches + (("none",) if whole else ()):
        rgb, ends = stretched(pixels, stretch, whole, nodata)
        above = (pixels.reshape(HEIGHT, WIDTH, -1) > 0).any(2)
        yield dict(name=name, file=text(file), stretch=stretch, rgb=text(rgb.tobytes()),
                   label=text(above.astype(np.uint8).tobytes()), range=ends)


def shallow(name, file, rgb=None, label=None):
    if rgb is None:
        rgb = np.asarray(Image.open(io.BytesIO(file)).convert("RGB"))
    if label is None:
        label = (rgb > 0).any(2)
    yield dict(name=name, file=text(file), rgb=text(rgb.tobytes()), label=text(label.astype(np.uint8).tobytes()))


def deep_cases(random):
    gray = random.integers(0, 3200, (HEIGHT, WIDTH), dtype=np.uint16)
    gray[0, :4] = [0, 1, 3000, 65535]
    color = random.integers(0, 4096, (HEIGHT, WIDTH, 3), dtype=np.uint16)
    alpha = np.dstack([color, random.integers(0, 65536, (HEIGHT, WIDTH), dtype=np.uint16)])
    sixteen = (0, 65535)
    yield from deep("png gray", png16(gray), gray, sixteen)
    yield from deep("png gray alpha", png16(np.dstack([gray, gray])), gray, sixteen, stretches=("0,3000",))
    yield from deep("png rgb", png16(color), color, sixteen)
    yield from deep("png rgba", png16(alpha), color, sixteen, stretches=("p2,p98",))
    for order in "<>":
        def stored(pixels):
            return pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
        for big in (False, True):
            name = "tiff %s%s" % (order, " big" if big else "")
            rows = {278: (4, [HEIGHT])}
            yield from deep(name + " rgb", tiff([stored(color)], {**kind(color), **rows}, order, big), color,
                            sixteen, stretches=("p2,p98",))
            one = gray.astype(np.float32) / 4 - 100
            one[3, 3] = np.nan
            yield from deep(name + " float", tiff([stored(one)], {**kind(one), **rows}, order, big), one,
                            stretches=("-50,600.5", "p1.5,p97"))
        for dtype in (np.int8, np.int16, np.int32, np.uint32, np.int64, np.float64):
            one = (gray.astype(np.int64) % 3001 - 1000)
            one = (one // 8).clip(-128, 127).astype(dtype) if dtype == np.int8 else one.clip(
                0 if np.dtype(dtype).kind == "u" else -1000).astype(dtype)
            yield from deep("tiff %s %s" % (order, np.dtype(dtype)),
                            tiff([stored(one)], {**kind(one), **rows}, order), one,
                            (0, 2**32 - 1) if dtype == np.uint32 else None, stretches=("-20,90", "p10,p90"))
    rows = {278: (4, [HEIGHT])}
    white = tiff([gray.tobytes()], {**kind(gray, photometric=0), **rows})
    yield from deep("tiff white is zero", white, 65535 - gray, sixteen, stretches=("p2,p98",))
    twelve = gray & 4095
    yield from deep("tiff 12 bits", tiff([packed(twelve, 12)], {**kind(twelve, 12), **rows}), twelve, (0, 4095))
    hole = color.copy()
    hole[2:4, 5:9, 1] = 7
    tagged = tiff([hole.tobytes()], {**kind(hole), **rows, 42113: (2, list(b"7\0"))})
    yield from deep("tiff nodata", tagged, hole, sixteen, nodata=7)


def bit_cases(random):
    for bits in (1, 2, 4):
        pixels = random.integers(0, 1 << bits, (HEIGHT, WIDTH), dtype=np.uint8)
        for photometric in (0, 1):
            file = tiff([packed(pixels, bits)], {**kind(pixels, bits, photometric), 278: (4, [HEIGHT])})
            yield from shallow("%d bits, %s is zero" % (bits, ["white", "black"][photometric]), file)
        rows = [packed(pixels[y:y + 3], bits) for y in range(0, HEIGHT, 3)]
        mirrored = [bytes(int("%d" % int("{:08b}".format(byte)[::-1], 2)) for byte in row) for row in rows]
        file = tiff(mirrored, {**kind(pixels, bits), 266: (3, [2]), 278: (4, [3])})
        yield from shallow("%d bits, lowest first, strips" % bits, file)
        colors = random.integers(0, 65536, 3 << bits).tolist()
        file = tiff([packed(pixels, bits)], {**kind(pixels, bits, 3), 278: (4, [HEIGHT]), 320: (3, colors)})
        yield from shallow("%d bits, palette" % bits, file, label=pixels > 0)
    mask = Image.fromarray(random.integers(0, 2, (HEIGHT, WIDTH)).astype(bool))
    for compression in ("group3", "group4", "tiff_ccitt", "packbits", "tiff_lzw"):
        for zero in (0, 1):
            file = io.BytesIO()
            mask.save(file, "TIFF", compression=compression, tiffinfo={262: zero})
            yield from shallow("1 bit, %s, %d" % (compression, zero), file.getvalue())


def sparse_cases(random):
    for channels in (1, 3):
        shape = (HEIGHT, WIDTH) if channels == 1 else (HEIGHT, WIDTH, 3)
        pixels = random.integers(1, 256, shape, dtype=np.uint8)
        for nodata in (None, 0, 9, 300):
            fill = min(nodata or 0, 255)
            note = {} if nodata is None else {42113: (2, list(b"%d\0" % nodata))}
            for pack in (False, True):
                seen = pixels.copy()
                blocks, tags = [], {**kind(pixels), **note}
                if pack:
                    tags[259] = (3, [8])
                for y in range(0, HEIGHT, 4):
                    if y == 4:
                        seen[y:y + 4] = fill
                        blocks.append(None)
                    else:
                        rows = pixels[y:y + 4].tobytes()
                        blocks.append(zlib.compress(rows) if pack else rows)
                file = tiff(blocks, {**tags, 278: (4, [4])})
                name = "strips of %d, nodata %s%s" % (channels, nodata, ", packed" if pack else "")
                yield from shallow(name, file, np.broadcast_to(seen.reshape(HEIGHT, WIDTH, -1), (HEIGHT, WIDTH, 3)))
                tile = np.zeros((16, 16) + shape[2:], np.uint8)
                tile[:HEIGHT, :WIDTH] = pixels
                raw = zlib.compress(tile.tobytes()) if pack else tile.tobytes()
                for block in (raw, None):
                    file = tiff([block], {**tags, 322: (4, [16]), 323: (4, [16])})
                    seen = pixels if block else np.full_like(pixels, fill)
                    yield from shallow("tile " + name + (", left out" if block is None else ""), file,
                                       np.broadcast_to(seen.reshape(HEIGHT, WIDTH, -1), (HEIGHT, WIDTH, 3)))


def percentiles(random):
    """Files of whole numbers and of floats, gray and colour, and their percentiles together."""
    rows = {278: (4, [HEIGHT])}
    grays = [random.integers(0, 3000, (HEIGHT, WIDTH), dtype=np.uint16) for _ in range(2)]
    colors = [random.integers(0, 500 * (n + 1), (HEIGHT, WIDTH, 3), dtype=np.uint16) for n in range(2)]
    floats = random.normal(0, 900, (HEIGHT, WIDTH)).astype(np.float32)
    whole = [png16(grays[0]), png16(colors[0]),
             tiff([grays[1].tobytes()], {**kind(grays[1]), **rows}), png16(colors[1])]
    deep_file = tiff([floats.tobytes()], {**kind(floats), **rows})
    for files, gray in ((whole, grays), (whole + [deep_file], grays + [floats])):
        joined = np.concatenate([one.astype(float).ravel() for one in gray])
        three = np.concatenate([one.reshape(-1, 3) for one in colors]).astype(float)
        for ends in ((2, 98), (0, 100), (12.5, 60)):
            yield dict(files=[text(file) for file in files], stretch="p%g,p%g" % ends,
                       gray=np.percentile(joined, ends).tolist(),
                       colors=np.percentile(three, ends, axis=0).T.tolist())


def write(path, seed):
    random = np.random.default_rng([61, seed])
    pictures = [case for make in (deep_cases, bit_cases, sparse_cases) for case in make(random)]
    path.write_text(json.dumps(dict(pictures=pictures, percentiles=list(percentiles(random))), indent=0) + "\n")
