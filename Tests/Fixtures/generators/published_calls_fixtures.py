"""Makes the fixture of Tests/SegmentationTests about answers whose coordinates are no usual numbers.

Pinned: Python 3.11, torch 2.13.0+cpu, sam2 1.1.0, numpy 2.4.6. $SEED (default "0") decides about the
weights of the segmenter.

Writes published_calls/calls.json, a list of cases:

  grammar   how many positive and negative points an instance has
  answer    the list of instances, JSON as a policy writes it
  reads     whether the published evaluation accepts it (arXiv 2512.19302 and its code): a box is a list of
            four, points are as many pairs as the grammar says of what float() takes, or absent; negative
            points may be null; suppression computes with the boxes
  raises    whether its call of SAM2ImagePredictor.predict then raises: arrays are what np.array makes of
            the lists, without a type
  prompts   what the segmenter is asked, where it does not raise: [box or null, points, negative points];
            "nan", "inf" and "-inf" are texts
  empty     whether the union of the masks has no pixel

A box of lists of equal length is several boxes to the predictor; the published code takes the first mask.
"""

import json
import math
import os
import pathlib

try:  # An environment without torchvision's compiled part needs a patch to import it.
    import oracle_shim  # noqa: F401
except ImportError:
    pass
import numpy as np
import sam2_official_fixtures as official  # It takes this folder off the path: the first of them.
import torch
from sam2.sam2_image_predictor import SAM2ImagePredictor

OUT = pathlib.Path(os.environ["FIXTURES"]) / "published_calls"
SIDE = 150

# ---- What is accepted ----------------------------------------------------------------------------


class Rejected(Exception):
    pass


def is_number(value) -> bool:
    try:
        float(value)
        return True
    except (TypeError, ValueError, OverflowError):
        return False


def is_points(value, count: int) -> bool:
    if value is None:
        return count == 0
    return (isinstance(value, list) and 0 < len(value) == count
            and all(isinstance(point, list) and len(point) == 2 and all(map(is_number, point))
                    for point in value))


def has_box(instance: dict) -> bool:
    return isinstance(instance.get("bbox_2d"), list) and len(instance["bbox_2d"]) == 4


def suppressed(instances: list) -> list:
    """Those that stay; the arithmetic may raise, which rejects the answer."""
    if len(instances) < 2:
        return instances
    boxes = [instance["bbox_2d"] for instance in instances if has_box(instance)]
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in boxes]
    if len(boxes) < 2:
        return instances
    order = sorted(range(len(boxes)), key=areas.__getitem__, reverse=True)
    corners = np.array([boxes[index] for index in order])
    low = np.maximum(corners[:, None, :2], corners[None, :, :2])
    high = np.minimum(corners[:, None, 2:], corners[None, :, 2:])
    shared = np.maximum(0, high[..., 0] - low[..., 0]) * np.maximum(0, high[..., 1] - low[..., 1])
    size = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    union = size[:, None] + size[None, :] - shared
    overlap = np.where(union > 0, shared / union, 0)
    kept = []
    for place in range(len(order)):
        if not any(overlap[other, place] > 0.5 for other in kept):
            kept.append(place)
    dropped = set(range(len(order))) - set(kept)
    dropped = {order[place] for place in dropped}
    place, result = -1, []
    for instance in instances:
        place += has_box(instance)
        if not (has_box(instance) and place in dropped):
            result.append(instance)
    return result


def accepted(answer: str, positive: int, negative: int) -> list:
    instances = json.loads(answer)
    for instance in instances:
        if not isinstance(instance, dict) or not {"bbox_2d", "positive_points"} & set(instance):
            raise Rejected
        if "bbox_2d" in instance and not has_box(instance):
            raise Rejected
        for key, count in (("positive_points", positive), ("negative_points", negative)):
            if key in instance and not is_points(instance[key], count):
                raise Rejected
    try:
        return suppressed(instances)
    except Exception as error:
        raise Rejected from error


# ---- What is called ------------------------------------------------------------------------------


def called(predictor: SAM2ImagePredictor, instance: dict) -> tuple[list, np.ndarray]:
    """What the segmenter is asked about an instance, and its mask; raises as the call does."""
    box = np.array(instance["bbox_2d"]) if "bbox_2d" in instance else None
    parts, labels = [], []
    for key, label in (("positive_points", 1.0), ("negative_points", 0.0)):
        if key in instance and len(instance[key]) > 0:
            parts.append(np.array(instance[key]))
            labels += [label] * len(instance[key])
    points = np.vstack(parts) if parts else None
    masks, _, _ = predictor.predict(
        point_coords=points, point_labels=np.array(labels) if parts else None, box=box,
        multimask_output=False)
    first = None if box is None else np.asarray(box, np.float64).reshape(-1, 4)[0]
    if box is not None and box.size > 4:
        alone, _, _ = predictor.predict(box=first, multimask_output=False)
        if not (masks[0] == alone).all():
            raise SystemExit("the first of several boxes is not what counts")
    texts = [part.astype(np.float64).tolist() for part in parts] + [[], []]
    if not instance.get("positive_points"):
        texts = [[], *texts]
    prompt = [None if first is None else first.tolist(), texts[0], texts[1]]
    return prompt, np.asarray(masks[0]).reshape(SIDE, SIDE) > 0


def spelled(value):
    if isinstance(value, list):
        return [spelled(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def outcome(predictor: SAM2ImagePredictor, positive: int, negative: int, answer: str) -> dict:
    case = dict(grammar=[positive, negative], answer=answer, reads=True, raises=False)
    try:
        instances = accepted(answer, positive, negative)
    except Rejected:
        return case | dict(reads=False)
    try:
        results = [called(predictor, instance) for instance in instances]
    except Exception as error:  # As the published code does.
        if os.environ.get("VERBOSE"):
            print(answer[:100], type(error).__name__, str(error)[:90])
        return case | dict(raises=True)
    masks = [mask for _, mask in results]
    return case | dict(
        prompts=[spelled(prompt) for prompt, _ in results],
        empty=not np.logical_or.reduce(masks).any() if masks else True)


# ---- The cases -----------------------------------------------------------------------------------

SCALARS = [
    "5", "-3", "2147483648", "9007199254740993", "9223372036854775807", "9223372036854775808",
    "18446744073709551615", "18446744073709551616", "-9223372036854775808", "-9223372036854775809",
    "1" + "0" * 30, "1" + "0" * 310, "-0", "12.5", "1e39", "-1e300", "1e400", "-1e400", "1e-400", "NaN",
    "Infinity", "-Infinity", '"12"', '" 1_0.5 "', '"nan"', '"inf"', '"1e400"', '"abc"', '""', '"0x10"',
    '"\u0661\u0662"', "true", "false", "null", "[]", "[7]", "[1, 2]", "{}", '{"x": 1}',
]
POINTS = "[[40, 50], [60, 55]]"
BOX = "[20, 30, 90, 100]"
FAR = '{"bbox_2d": [100, 110, 140, 145], "positive_points": [[120, 120], [110, 130]]}'


def instance(box=None, points=None, negative=None) -> str:
    parts = [f'"{key}": {value}' for key, value in
             (("bbox_2d", box), ("positive_points", points), ("negative_points", negative))
             if value is not None]
    return "{" + ", ".join(parts) + "}"


def answers() -> list[tuple[int, int, str]]:
    found = []

    def add(*instances: str, grammar=(2, 0)) -> None:
        found.append((*grammar, "[" + ", ".join(instances) + "]"))

    for scalar in SCALARS:
        one_point, one_side = f"[[{scalar}, 50], [60, 55]]", f"[20, {scalar}, 90, 100]"
        add(instance(BOX, one_point))
        add(instance(None, f"[[{scalar}, {scalar}], [{scalar}, {scalar}]]"))
        add(instance(one_side, POINTS))
        add(instance("[" + ", ".join([scalar] * 4) + "]"))
        add(instance(one_side, POINTS), FAR)
        add(FAR, instance(None, one_point))
        # Suppressed: the segmenter never gets it.
        add(instance(BOX, POINTS), instance("[22, 32, 89, 99]", one_point))
    for null in ("null", "[]", "[[10, 10]]", "[[10, 10], [12, 12]]", "false", '""'):
        add(instance(BOX, POINTS, null))
        add(instance(BOX, null))
        add(instance(BOX, null), grammar=(0, 0))
        add(instance(BOX, POINTS, null), grammar=(2, 2))
        add(instance(BOX, POINTS), instance("[22, 32, 89, 99]", POINTS, null))
    for points in ('[[1, 2], "12"]', "[[1, 2], [3]]", "[[1, 2], [3, 4, 5]]", '{"0": [1, 2], "1": [3, 4]}',
                   "[[1, 2], {}]", "[1, 2]", "[[1, 2]]", "[[1, 2], [3, 4], [5, 6]]", "[[1, \"2\"], [3, 4.5]]",
                   "[[9223372036854775808, 9223372036854775808], [9223372036854775808, 1]]",
                   "[[9223372036854775808, 9223372036854775808], [9223372036854775808, true]]"):
        add(instance(BOX, points))
    for negative in ("[[9223372036854775808, 9223372036854775808], [9223372036854775808, "
                     "9223372036854775808]]", '[["1", 2], [3, 4]]', "[[1, NaN], [3, 4]]"):
        add(instance(BOX, POINTS, negative), grammar=(2, 2))
    deep = "7"
    for _ in range(70):
        deep = f"[{deep}]"
    for box in ("[[1], [2], [30], [40]]", "[[[1]], [[2]], [[30]], [[40]]]",
                "[[20, 30], [90, 100], [1, 2], [30, 40]]", "[[20], [30], [90], 100]", "[[1, 2], [3], [4], [5]]",
                '[["1"], [2], [30], [40]]', "[[null], [2], [30], [40]]", "[[], [], [], []]",
                "[[18446744073709551616], [2], [30], [40]]", "[[NaN], [2], [30], [40]]",
                "[[[20, 30], [90, 100]], [[1, 2], [3, 4]], [[1, 2], [3, 4]], [[1, 2], [3, 4]]]",
                f"[{deep}, {deep}, {deep}, {deep}]", "[1, 2, 3]", "[1, 2, 3, 4, 5]", '"1234"', "null",
                '{"a": 1, "b": 2, "c": 3, "d": 4}', "[true, false, true, true]"):
        add(instance(box, POINTS))
        add(instance(box))
        add(instance(box, POINTS), instance(None, POINTS))
        add(instance(box, POINTS), FAR)
        add(instance(box), instance(box))
    # Suppression in arithmetic of Python's integers divides by 0 where a box has no area.
    add(instance("[0, 0, 18446744073709551616, 10]", POINTS), instance("[5, 5, 5, 5]", POINTS))
    add(instance("[0, 0, 18446744073709551616, 10]", POINTS), instance("[5, 5, 9, 9]", POINTS))
    return found


def main() -> None:
    torch.set_num_threads(1)
    OUT.mkdir(parents=True, exist_ok=True)
    model = official.small()
    state = official.weights(model)
    model.load_state_dict(model.state_dict() | {key: value.float() for key, value in state.items()})
    predictor = SAM2ImagePredictor(model)
    predictor._bb_feat_sizes = [(official.SIDE // stride, official.SIDE // stride) for stride in (4, 8, 16)]
    predictor.set_image(official.common.picture(SIDE, SIDE))
    cases = [outcome(predictor, *case) for case in answers()]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    (OUT / "calls.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
