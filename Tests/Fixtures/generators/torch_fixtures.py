"""Makes the fixtures of Tests/TorchTests.

Pinned: Python 3.11, torch 2.13.0+cpu, safetensors 0.8.0. Values depend on $SEED (default "0"); names,
shapes and dtypes do not.

Writes into torch/, every file but the last by torch.save:

  protocolN.pt          for N in 2, 3, 4, 5, written with that pickle protocol: a dictionary
                          model   OrderedDict of layer.weight [3, 4], layer.bias [3] (float32), with the
                                  attribute _metadata that state_dict() gives it
                          step    integer 1234567; big = -2**40; small = -7
                          rate    number 0.001
                          name    text "ünïcode ☃"
                          flags   list [True, False, None]
                          nested  tuple ("a", {"b": [1, 2]}, ()), whose text "b" is used twice
                          size    torch.Size([2, 3])
                          weight  Parameter [2], float32
                          set     {5}, only where N is 4 or 5
  dtypes.pt             a dictionary of tensors [5]: float32, bfloat16, float16, float64, int64, int32,
                        uint8, bool
  views.pt              a dictionary of views of base [4, 6] (float32, in it too), all with its storage:
                        transposed [6, 4], columns [4, 3] (every second), rows [2, 6] (from 1), element []
                        (2, 3), expanded [3, 4, 5] (of a column), corner [2, 2], permuted [3, 4, 2];
                        empty [0, 6] has a storage of its own
  overlapping.pt        windows [5, 4] of a storage of 8 numbers
  unchecked.pt          {"a": [3]} without checksums
  legacy.pt             what protocol2.pt and views.pt hold, in one dictionary, as torch.save wrote it before
                        version 1.6
  namespace.pt          {"a": argparse.Namespace(x=1)}
  int16.pt              {"a": [3] int16}
  types.pt              a dictionary of tensors [4] of types that no tensor here has, by their names in torch
  program.pt            a TorchScript program
  expected.safetensors  FILE:KEY for every tensor of protocol2, dtypes, views (contiguous) and unchecked
"""

import argparse
import os
import pathlib
import random
import sys
from collections import OrderedDict

sys.path = [path for path in sys.path if path != str(pathlib.Path(__file__).parent)]
import torch
from safetensors.torch import save_file

OUT = pathlib.Path(os.environ["FIXTURES"]) / "torch"
SEED = os.environ.get("SEED", "0")


class Doubled(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * 2


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(random.Random(SEED).getrandbits(32))

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator)

    expected = {}

    model = torch.nn.Module()
    model.layer = torch.nn.Linear(4, 3)
    state = model.state_dict()
    state["layer.weight"], state["layer.bias"] = normal(3, 4), normal(3)
    b = "b"
    basic = dict(
        model=state, step=1234567, big=-(2**40), small=-7, rate=0.001, name="ünïcode ☃",
        flags=[True, False, None], nested=(b, {b: [1, 2]}, ()), size=torch.Size([2, 3]),
        weight=torch.nn.Parameter(normal(2)))
    assert isinstance(state, OrderedDict) and state._metadata
    for protocol in (2, 3, 4, 5):
        content = basic | (dict(set={5}) if protocol >= 4 else {})
        torch.save(content, OUT / f"protocol{protocol}.pt", pickle_protocol=protocol)
    for key, value in state.items():
        expected[f"protocol2:{key}"] = value
    expected["protocol2:weight"] = basic["weight"].detach()

    numbers = normal(5) * 50
    dtypes = {
        str(dtype).removeprefix("torch."): numbers.abs().to(dtype)
        for dtype in (torch.float32, torch.bfloat16, torch.float16, torch.float64, torch.int64,
                      torch.int32, torch.uint8)}
    dtypes["bool"] = numbers > 0
    torch.save(dtypes, OUT / "dtypes.pt")
    expected |= {f"dtypes:{key}": value for key, value in dtypes.items()}

    base = normal(4, 6)
    views = dict(
        base=base, transposed=base.T, columns=base[:, ::2], rows=base[1:3], element=base[2, 3],
        expanded=base[None, :, 2:3].expand(3, 4, 5), corner=base[2:, 4:],
        permuted=base.view(4, 2, 3).permute(2, 0, 1), empty=torch.empty(0, 6))
    torch.save(views, OUT / "views.pt")
    expected |= {f"views:{key}": value.contiguous().clone() for key, value in views.items()}

    torch.save(dict(windows=normal(8).unfold(0, 4, 1)), OUT / "overlapping.pt")
    plain = dict(a=normal(3))
    torch.save(basic | views, OUT / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(dict(a=argparse.Namespace(x=1)), OUT / "namespace.pt")
    torch.save(dict(a=torch.tensor([1, 2, 3], dtype=torch.int16)), OUT / "int16.pt")
    names = ("int8", "int16", "uint16", "uint32", "uint64", "complex64", "complex128", "float8_e4m3fn",
             "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu")
    torch.save({name: torch.zeros(4).to(getattr(torch, name)) for name in names}, OUT / "types.pt")
    torch.jit.save(torch.jit.script(Doubled()), OUT / "program.pt")
    torch.serialization.set_crc32_options(False)
    torch.save(plain, OUT / "unchecked.pt")
    expected["unchecked:a"] = plain["a"]
    save_file(expected, OUT / "expected.safetensors")


if __name__ == "__main__":
    main()
