"""What ../parity/reference.py has that this comparison needs too.

By its path, since reference.py here has the same name.
"""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

_file = Path(__file__).resolve().parents[1] / "parity" / "reference.py"
_spec = spec_from_file_location("parity_reference", _file)
_module = module_from_spec(_spec)
_spec.loader.exec_module(_module)

MLP = _module.MLP
ResNet = _module.ResNet
load_variables = _module.load_variables
move_towards = _module.move_towards
without_gradient = _module.without_gradient
