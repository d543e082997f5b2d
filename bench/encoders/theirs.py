"""A network of torchvision or timm with drawn weights, and its features of images.

    python theirs.py NETWORK IMAGES.safetensors OUT.safetensors

`NETWORK` is `torchvision:NAME` or `timm:NAME`, with `cifar`'s first convolution or
an image's side behind further colons. Images are `[count, channels, side, side]`.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(Path(__file__).parents[1] / "speed" / "theirs"))
import vision  # before timm

import timm
import torchvision

torch.manual_seed(0)
library, name, *rest = sys.argv[1].split(":")
side = int(rest[0]) if rest else 224
if library == "torchvision":
    sized = {"image_size": side} if name.startswith("vit") else {}
    model = torchvision.models.get_model(name, weights=None, **sized)
    head = next(key for key in ("fc", "heads", "classifier") if hasattr(model, key))
else:
    sized = {"img_size": side} if name.startswith("vit") else {}
    model = timm.create_model(name, pretrained=False, num_classes=1000, **sized)
    head = "head.fc" if name.startswith("convnext") else "head"
parameters = sum(p.numel() for p in model.parameters())

# Values as trained networks have them: statistics that are none of a fresh batch
# norm, and scales at which every branch is seen.
with torch.no_grad():
    for key, value in [*model.named_parameters(), *model.named_buffers()]:
        if key.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif key.endswith("running_mean"):
            value.normal_(0, 0.1)
        elif "layer_scale" in key or "gamma" in key:
            value.uniform_(0.1, 0.3)
        elif key.endswith(("pos_embed", "pos_embedding", "cls_token", "class_token")):
            value.normal_(0, 0.2)
weights = {key: value.contiguous() for key, value in model.state_dict().items()}

part = model.get_submodule(head)
if isinstance(part, torch.nn.Sequential):
    part[-1] = torch.nn.Identity()
else:
    model.set_submodule(head, torch.nn.Identity())
images = load_file(sys.argv[2])["images"]
with torch.inference_mode():
    features = model.eval()(images)
save_file({**weights, "features.of.images": features.contiguous()}, sys.argv[3])
versions = {"torchvision": vision.VERSION, "timm": timm.__version__}
print(f"{parameters} {library} {versions[library]}")
