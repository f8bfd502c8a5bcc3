"""Lets transformers and sam2 import a torchvision whose compiled part does not load.

Import it before them. It declares the two operators that torchvision registers fakes for; they are
never called.
"""

import torch

_library = torch.library.Library("torchvision", "FRAGMENT")
for _name in ("nms", "qnms"):
    try:
        _library.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError:  # A torchvision that loads has defined it.
        pass
