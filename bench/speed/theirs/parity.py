"""Networks and optimizers of ../../parity/reference.py.

By its path, since that folder is no package.
"""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_file = Path(__file__).resolve().parents[2] / "parity" / "reference.py"
_spec = spec_from_file_location("parity_reference", _file)
_module = module_from_spec(_spec)
_spec.loader.exec_module(_module)

Bottleneck = _module.Bottleneck
LARS = _module.LARS
MLP = _module.MLP
ResNet = _module.ResNet
without_gradient = _module.without_gradient
