"""Pictures that state an orientation, and what Pillow's ImageOps.exif_transpose makes of them.

Pinned as imaging_fixtures.py, which writes them.
"""

import base64
import io
import json
import struct
import warnings
import zlib

import numpy as np
from PIL import Image, ImageOps

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Make="a" %s</x:xmpmeta>'
ATTRIBUTE = XMP % b'tiff:Orientation="%d"/>'
ELEMENT = XMP % b"><tiff:Orientation>%d</tiff:Orientation>"


def entry(order, tag, kind, count, value):
    width = {1: "B", 3: "H", 4: "I", 8: "h", 9: "i"}[kind]
    data = struct.pack(order + width * count, *([value] * count))
    return struct.pack(order + "HHI", tag, kind, count) + data[:4].ljust(4, b"\0")


def block(value, order="<", kind=3, count=1, tag=274, start=8, before=b""):
    """A TIFF header and a directory with one entry more than the orientation's."""
    entries = [entry(order, 256, 3, 1, 7), entry(order, tag, kind, count, value)]
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", start)
    return (head + before + struct.pack(order + "H", len(entries)) + b"".join(entries)
            + struct.pack(order + "I", 0))


def jpeg(picture, *segments):
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=95, subsampling=0)
    data = file.getvalue()
    more = b"".join(b"\xff\xe1" + struct.pack(">H", len(one) + 2) + one for one in segments)
    return data[:2] + more + data[2:]


def exif(data):
    return b"Exif\0\0" + data


def xap(data):
    return b"http://ns.adobe.com/xap/1.0/\0" + data


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(picture, *chunks, at_end=False):
    file = io.BytesIO()
    picture.save(file, "PNG")
    data = file.getvalue()
    place = data.index(b"IEND") - 4 if at_end else 33
    return data[:place] + b"".join(chunks) + data[place:]


def profile(data, packed):
    text = b"\nexif\n%8d\n" % len(data) + data.hex().encode()
    text = b"\n".join([text[:40], text[40:], b""])
    name = b"Raw profile type exif\0"
    return (chunk(b"zTXt", name + b"\0" + zlib.compress(text)) if packed
            else chunk(b"tEXt", name + text))


def packet(text, packed):
    return chunk(b"iTXt", b"XML:com.adobe.xmp\0" + bytes([packed]) + b"\0\0\0"
                 + (zlib.compress(text) if packed else text))


def tiff(picture, value, **options):
    file = io.BytesIO()
    picture.save(file, "TIFF", tiffinfo={274: value}, **options)
    return file.getvalue()


def files(picture):
    result = {}
    for value in range(1, 9):
        result[f"jpeg-{value}.jpg"] = jpeg(picture, exif(block(value, "<>"[value % 2])))
        result[f"png-{value}.png"] = png(picture, chunk(b"eXIf", block(value, ">")))
        options = {"compression": "tiff_lzw"} if value % 2 else {}
        result[f"tiff-{value}.tif"] = tiff(picture, value, **options)
    six = block(6)
    result.update({
        "jpeg-none.jpg": jpeg(picture),
        "jpeg-zero.jpg": jpeg(picture, exif(block(0))),
        "jpeg-nine.jpg": jpeg(picture, exif(block(9))),
        "jpeg-long.jpg": jpeg(picture, exif(block(6, ">", kind=4))),
        "jpeg-byte.jpg": jpeg(picture, exif(block(6, kind=1))),
        "jpeg-signed.jpg": jpeg(picture, exif(block(-6, kind=8))),
        "jpeg-two-values.jpg": jpeg(picture, exif(block(6, count=2))),
        "jpeg-other-tag.jpg": jpeg(picture, exif(block(6, tag=275))),
        "jpeg-far.jpg": jpeg(picture, exif(block(6, start=28, before=bytes(20)))),
        "jpeg-outside.jpg": jpeg(picture, exif(block(6, start=4000))),
        "jpeg-cut.jpg": jpeg(picture, exif(six[:20])),
        "jpeg-no-header.jpg": jpeg(picture, exif(b"??" + six[2:])),
        "jpeg-two-segments.jpg": jpeg(picture, exif(six[:25]), exif(six[25:])),
        "jpeg-xmp.jpg": jpeg(picture, xap(ATTRIBUTE % 8)),
        "jpeg-xmp-element.jpg": jpeg(picture, xap(ELEMENT % 5)),
        "jpeg-exif-over-xmp.jpg": jpeg(picture, xap(ATTRIBUTE % 8), exif(block(3))),
        "jpeg-upright-over-xmp.jpg": jpeg(picture, exif(block(1)), xap(ATTRIBUTE % 8)),
        "png-none.png": png(picture),
        "png-at-end.png": png(picture, chunk(b"eXIf", block(6)), at_end=True),
        "png-prefix.png": png(picture, chunk(b"eXIf", exif(block(6)))),
        "png-profile.png": png(picture, profile(exif(block(8)), False)),
        "png-profile-packed.png": png(picture, profile(exif(block(7)), True)),
        "png-exif-over-profile.png": png(
            picture, chunk(b"eXIf", block(3)), profile(exif(block(7)), True)),
        "png-xmp.png": png(picture, packet(ATTRIBUTE % 6, False)),
        "png-xmp-packed.png": png(picture, packet(ELEMENT % 4, True)),
    })
    return result


def write(path, seed):
    """Writes a list: name, file, and the picture after turning: width, height, bytes in base64."""
    pixels = np.random.default_rng([seed, 274]).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels)
    cases = []
    for name, data in files(picture).items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            opened = Image.open(io.BytesIO(data))
            # Pillow turns TIFF files when it reads them.
            if not name.endswith(".tif"):
                opened = ImageOps.exif_transpose(opened)
            opened = opened.convert("RGB")
        cases.append({"name": name, "file": base64.b64encode(data).decode(),
                      "width": opened.width, "height": opened.height,
                      "rgb": base64.b64encode(opened.tobytes()).decode()})
    path.write_text(json.dumps(cases, indent=0) + "\n")
