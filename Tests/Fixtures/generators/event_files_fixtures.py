"""Fixtures of Tests/EventFilesTests: an event file that TensorBoard's own code writes.

Pinned: Python 3.11, tensorboard 2.21.0. `Tests/Fixtures/generate event_files`
runs it.

run.tfevents   a version, the start of a session, then per step scalars, a picture, a text
run.json       the same: a list of {step, time, version | start | values}; values are lists of
               {tag, scalar | picture | text}, where a scalar is a float32 and a picture is
               {width, height, file: bytes in hexadecimal}
records.json   contents of records in hexadecimal, with the record that TensorBoard makes of each
"""

import io
import json
import os
import random
import struct
from pathlib import Path

import tensorboard
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2, tensor_shape_pb2, types_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

assert tensorboard.__version__ == "2.21.0", tensorboard.__version__
SEED = int(os.environ["SEED"])
ROOT = Path(os.environ["FIXTURES"]) / "event_files"
RANDOM = random.Random(40 + SEED)
ROOT.mkdir(parents=True, exist_ok=True)


class Kept(io.BytesIO):
    """A file whose bytes are still there when the writer has closed it."""

    def close(self):
        pass


def records(contents):
    file = Kept()
    writer = RecordWriter(file)
    for content in contents:
        writer.write(content)
    writer.flush()
    return file.getvalue()


def single(number):
    return struct.unpack("<f", struct.pack("<f", number))[0]


def message(event):
    result = event_pb2.Event(step=event["step"], wall_time=event["time"])
    if "version" in event:
        result.file_version = event["version"]
    if "start" in event:
        result.session_log.status = event_pb2.SessionLog.START
    for entry in event.get("values", []):
        value = result.summary.value.add(tag=entry["tag"])
        if "scalar" in entry:
            value.simple_value = entry["scalar"]
        if "picture" in entry:
            picture = entry["picture"]
            value.image.CopyFrom(
                summary_pb2.Summary.Image(
                    width=picture["width"],
                    height=picture["height"],
                    colorspace=3,
                    encoded_image_string=bytes.fromhex(picture["file"]),
                )
            )
        if "text" in entry:
            value.metadata.plugin_data.plugin_name = "text"
            value.tensor.CopyFrom(
                tensor_pb2.TensorProto(
                    dtype=types_pb2.DT_STRING,
                    tensor_shape=tensor_shape_pb2.TensorShapeProto(),
                    string_val=[entry["text"].encode()],
                )
            )
    return result.SerializeToString(deterministic=True)


def values(step):
    numbers = [0.0, -1.5, 1e-30, 3e38, RANDOM.gauss(0, 1), RANDOM.uniform(0, 1e6)]
    entries = [
        {"tag": f"rewards/term_{index}/mean", "scalar": single(number)}
        for index, number in enumerate(numbers)
    ]
    if step % 2 == 0:
        size = RANDOM.randrange(20, 400)
        picture = {"width": 7, "height": 300, "file": RANDOM.randbytes(size).hex()}
        entries.append({"tag": "samples/0/picture", "picture": picture})
        entries.append({"tag": "samples/0/answers", "text": f"**{step}.** Où est l'avion?\n\n    []"})
    return entries


events = [
    {"step": 0, "time": 1.75e9 + 0.25, "version": "brain.Event:2"},
    {"step": 1, "time": 1.75e9 + 0.5, "start": True},
] + [{"step": step, "time": 1.75e9 + step + RANDOM.random(), "values": values(step)} for step in range(1, 7)]
(ROOT / "run.tfevents").write_bytes(records(map(message, events)))
(ROOT / "run.json").write_text(json.dumps(events, ensure_ascii=False) + "\n")
contents = [b"", b"a", bytes(32), RANDOM.randbytes(300)]
pairs = [{"content": content.hex(), "record": records([content]).hex()} for content in contents]
(ROOT / "records.json").write_text(json.dumps(pairs) + "\n")
