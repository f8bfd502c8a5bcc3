"""Lets transformers and sam2 import a torchvision whose compiled part does not load.

pip has torchvision for the CUDA build of torch only. Import this before transformers and sam2: it
declares the two operators that torchvision registers fakes for. They are never called.
"""

import torch

_library = torch.library.Library("torchvision", "FRAGMENT")
for _name in ("nms", "qnms"):
    try:
        _library.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError:  # A torchvision that loads has defined it.
        pass
