"""PyTorch's side of check.ts: python check.py FOLDER

First tests the augmentations against definitions from elsewhere, then reads
what check.ts wrote and prints a line of JSON: the kNN accuracy on its
features, and how far features of the same encoder and images differ.
"""

import colorsys
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import augment
from knn import knn_accuracy
from parity import ResNet, load_variables
from reference import CLASSES, WIDTH, features, load_set

SIDE = 32


def check_crops():
    """Against the resize of PyTorch, whose antialiasing is torchvision's."""
    images = torch.rand(64, 3, SIDE, SIDE)
    boxes = augment.crop_boxes(len(images), SIDE, 0.08)
    flipped = torch.arange(len(images)) % 2 == 0
    ours = augment.crop_and_flip(images, boxes, flipped)
    for i, (top, left, height, width) in enumerate(torch.stack(boxes, 1).int()):
        crop = images[i : i + 1, :, top : top + height, left : left + width]
        resized = F.interpolate(crop, (SIDE, SIDE), mode="bilinear", antialias=True)
        expected = resized.flip(3) if flipped[i] else resized
        torch.testing.assert_close(ours[i : i + 1], expected, rtol=0, atol=1e-5)


def check_hue():
    """Against Python's own conversion."""
    images = torch.rand(4, 3, 5, 5)
    images[0] = images[0].mean(0)  # Gray has no hue.
    shift = torch.tensor([0.1, -0.1, 0.05, 0.0])
    ours = augment.shift_hue(images, shift).permute(0, 2, 3, 1)
    for i, image in enumerate(images.permute(0, 2, 3, 1)):
        for row, pixels in enumerate(image.tolist()):
            for column, pixel in enumerate(pixels):
                hue, saturation, value = colorsys.rgb_to_hsv(*pixel)
                turned = (hue + shift[i].item()) % 1
                expected = colorsys.hsv_to_rgb(turned, saturation, value)
                np.testing.assert_allclose(
                    ours[i, row, column], expected, rtol=0, atol=1e-5
                )


def check_draws():
    """Areas inside the image, and as large as the recipe says."""
    side, batch = SIDE, 20000
    top, left, height, width = augment.crop_boxes(batch, side, 0.2)
    assert (top >= 0).all() and (top + height <= side).all()
    assert (left >= 0).all() and (left + width <= side).all()
    areas = height * width / side**2
    # Uniform in 0.2..1, less the tries that stick out of the image.
    assert areas.min() > 0.17 and 0.52 < areas.mean() < 0.6, areas.mean()
    assert (width / height).log().mean().abs() < 0.01


def main():
    folder = Path(sys.argv[1])
    torch.manual_seed(0)
    check_crops()
    check_hue()
    check_draws()

    encoder = nn.ModuleDict({"y": ResNet(WIDTH)})
    load_variables(encoder, folder / "variables")
    sets = {}
    apart = 0
    for name in ("train", "test"):
        pixels, labels = load_set(folder, name)
        theirs = torch.from_numpy(np.load(folder / f"{name}-features.npy"))
        ours = features(encoder["y"], pixels)
        difference = (ours - theirs).abs().max() / theirs.abs().max()
        apart = max(apart, difference.item())
        sets[name] = theirs, labels
    knn = knn_accuracy(*sets["train"], *sets["test"], CLASSES)
    print(json.dumps({"knn": knn, "features": apart}))


if __name__ == "__main__":
    main()
