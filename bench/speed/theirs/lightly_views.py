"""Views as lightly makes them: its transforms with the recipes' numbers."""

import numpy as np
import torch
from PIL import Image

import vision  # noqa: F401, before lightly
from lightly.transforms import BYOLTransform, SimSiamTransform
from lightly.transforms.byol_transform import BYOLView1Transform, BYOLView2Transform

CIFAR = {"mean": [0.4914, 0.4822, 0.4465], "std": [0.247, 0.2435, 0.2616]}
COMMON = {"input_size": 32, "gaussian_blur": 0.0, "normalize": CIFAR}


def simsiam():
    return SimSiamTransform(**COMMON)


def byol():
    return BYOLTransform(
        view_1_transform=BYOLView1Transform(**COMMON),
        view_2_transform=BYOLView2Transform(**COMMON, solarization_prob=0.2),
    )


TRANSFORMS = {"simsiam": simsiam, "byol": byol}


class Images(torch.utils.data.Dataset):
    """Pixels in memory, as torchvision's CIFAR10 has them: uint8 [count, 32, 32, 3]."""

    def __init__(self, file, transform):
        self.pixels = np.load(file)
        self.transform = transform

    def __len__(self):
        return len(self.pixels)

    def __getitem__(self, index):
        return self.transform(Image.fromarray(self.pixels[index]))


def loader(images, batch, workers):
    return torch.utils.data.DataLoader(
        images,
        batch_size=batch,
        shuffle=True,
        drop_last=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )


def endless(batches):
    while True:
        yield from batches


def channels_last(views):
    return [view.contiguous(memory_format=torch.channels_last) for view in views]
