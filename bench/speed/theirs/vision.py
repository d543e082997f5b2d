"""torchvision, also beside a PyTorch that its compiled operators were not built for.

Its wheel on PyPI wants CUDA's PyTorch; the transforms need none of the
operators. Import this before lightly.
"""

import sys
import types

import torch

try:
    import torchvision
except (RuntimeError, ImportError):
    for name in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[name]
    _library = torch.library.Library("torchvision", "DEF")
    _library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _name = "torchvision._meta_registrations"
    sys.modules[_name] = types.ModuleType(_name)
    import torchvision

VERSION = torchvision.__version__
