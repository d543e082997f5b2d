"""Networks and optimizers of ../../parity/reference.py.

By its path, since that folder is no package.
"""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_file = Path(__file__).resolve().parents[2] / "parity" / "reference.py"
_spec = spec_from_file_location("parity_reference", _file)
_module = module_from_spec(_spec)
# PyTorch's compiler looks for the module by its name.
sys.modules[_spec.name] = _module
_spec.loader.exec_module(_module)

Bottleneck = _module.Bottleneck
LARS = _module.LARS
MLP = _module.MLP
ResNet = _module.ResNet
without_gradient = _module.without_gradient
