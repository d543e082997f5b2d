"""SimSiam and BYOL with the small ResNet in plain PyTorch, from the papers.

    python reference.py METHOD FOLDER [--initial FOLDER] [--seed N]
        [--epochs N] [--threads N]

FOLDER is what data.ts wrote: images and labels. Trains from the weights that
first_weights.ts wrote, or else from its own, then prints one line of JSON with
the kNN accuracy. Recipes are repeated here, not read from the YAML: a setting
that is read or applied wrongly there must show up as a difference.
Augmentations, kNN and the order of images are also its own; networks are those
of ../parity/reference.py.
"""

import argparse
import copy
import json
import math
import platform
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from augment import Recipe, augment, normalize
from knn import knn_accuracy
from parity import MLP, ResNet, load_variables, move_towards, without_gradient

BATCH = 128
FEATURE_BATCH = 500
WIDTH = 16
LEARNING_RATE = 0.06
WARMUP_EPOCHS = 1
CLASSES = 10


def initialize(model):
    """First weights as both sides draw them.

    Convolutions: normal, variance 2 / fan-out (He et al. 2015,
    arXiv:1502.01852), not PyTorch's default. Linear layers: uniform in
    ±1/sqrt(inputs), weights and biases, which is PyTorch's default. Norms: 1
    and 0, also the default.
    """
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


# Methods. Each is given the two views of a batch and returns its loss.


class SimSiam(nn.Module):
    """Chen and He 2020, arXiv:2011.10566, algorithm 1 and appendix D."""

    recipe = Recipe(0.2, 0.4, 0.4, 0.4, 0.1)
    views = (recipe, recipe)

    def __init__(self):
        super().__init__()
        self.y = ResNet(WIDTH)
        self.z = MLP(self.y.features, 512, 512, output_norm=True, output_affine=False)
        self.p = MLP(512, 128, 512)
        initialize(self)

    def groups(self):
        networks = [*self.y.parameters(), *self.z.parameters()]
        # The predictor's learning rate stays where it is (section 4.2).
        predictor = {"params": [*self.p.parameters()], "constant": True}
        return [{"params": networks}, predictor]

    def forward(self, a, b):
        za, zb = self.z(self.y(a)), self.z(self.y(b))
        pa, pb = self.p(za), self.p(zb)

        def distance(p, z):
            return -F.cosine_similarity(p, z.detach(), dim=1).mean()

        return distance(pa, zb) / 2 + distance(pb, za) / 2

    def after_step(self):
        pass


class BYOL(nn.Module):
    """Grill et al. 2020, arXiv:2006.07733, algorithm 1."""

    views = (
        Recipe(0.08, 0.4, 0.4, 0.2, 0.1),
        Recipe(0.08, 0.4, 0.4, 0.2, 0.1, solarize=0.2),
    )

    def __init__(self):
        super().__init__()
        self.y = ResNet(WIDTH)
        self.z = MLP(self.y.features, 512, 128)
        self.p = MLP(128, 512, 128)
        initialize(self)
        self.target = without_gradient(
            nn.ModuleDict({"y": copy.deepcopy(self.y), "z": copy.deepcopy(self.z)})
        )

    def groups(self):
        online = [p for net in (self.y, self.z, self.p) for p in net.parameters()]
        return [{"params": online}]

    def forward(self, a, b):
        pa, pb = self.p(self.z(self.y(a))), self.p(self.z(self.y(b)))
        with torch.no_grad():
            ta = self.target["z"](self.target["y"](a))
            tb = self.target["z"](self.target["y"](b))

        def distance(p, t):
            p, t = F.normalize(p, dim=1), F.normalize(t, dim=1)
            return (p - t).square().sum(dim=1).mean()

        # The sum of both directions, as in the paper.
        return distance(pa, tb) + distance(pb, ta)

    def after_step(self):
        move_towards(self.target["y"], self.y, 0.99)
        move_towards(self.target["z"], self.z, 0.99)


METHODS = {"simsiam": SimSiam, "byol": BYOL}


def cosine_with_warmup(step, steps, warmup):
    """Linear warm-up that reaches 1 at its last step, then half a cosine."""
    if step < warmup:
        return (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    return 0.5 * (1 + math.cos(math.pi * progress))


def unit(pixels):
    return pixels.float() / 255


def train(model, pixels, epochs):
    """Trains on uint8 [count, 3, side, side]; returns the last epoch's mean loss."""
    optimizer = torch.optim.SGD(
        model.groups(), lr=LEARNING_RATE, momentum=0.9, weight_decay=0.0005
    )
    steps_per_epoch = len(pixels) // BATCH
    steps = epochs * steps_per_epoch
    warmup = WARMUP_EPOCHS * steps_per_epoch
    model.train()
    mean_loss = math.nan
    for epoch in range(epochs):
        start = time.perf_counter()
        losses = []
        order = torch.randperm(len(pixels))
        # The last batch is left out unless it is full.
        for i in range(steps_per_epoch):
            factor = cosine_with_warmup(epoch * steps_per_epoch + i, steps, warmup)
            for group in optimizer.param_groups:
                constant = group.get("constant", False)
                group["lr"] = LEARNING_RATE * (1 if constant else factor)
            images = unit(pixels[order[i * BATCH : (i + 1) * BATCH]])
            views = [
                augment(images, recipe).contiguous(memory_format=torch.channels_last)
                for recipe in model.views
            ]
            loss = model(*views)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            model.after_step()
            losses.append(loss.item())
        mean_loss = sum(losses) / len(losses)
        seconds = time.perf_counter() - start
        print(
            f"  epoch {epoch + 1}/{epochs}: loss {mean_loss:.4f}, {seconds:.0f} s,"
            f" {steps_per_epoch * BATCH / seconds:.0f} images/s",
            file=sys.stderr,
            flush=True,
        )
    return mean_loss


@torch.no_grad()
def features(encoder, pixels):
    """Of images that are normalised and nothing else, by running statistics."""
    encoder.eval()
    rows = [
        encoder(normalize(unit(part)).contiguous(memory_format=torch.channels_last))
        for part in pixels.split(FEATURE_BATCH)
    ]
    return torch.cat(rows)


def load_set(folder, name):
    """Images as uint8 [count, 3, side, side], and labels."""
    pixels = torch.from_numpy(np.load(folder / f"{name}-pixels.npy"))
    labels = torch.from_numpy(np.load(folder / f"{name}-labels.npy"))
    return pixels.permute(0, 3, 1, 2).contiguous(), labels.long()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--initial", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    pixels, labels = load_set(arguments.folder, "train")
    test_pixels, test_labels = load_set(arguments.folder, "test")
    model = METHODS[arguments.method]()
    if arguments.initial:
        load_variables(model, arguments.initial)
    model = model.to(memory_format=torch.channels_last)

    def accuracy():
        bank = features(model.y, pixels)
        queries = features(model.y, test_pixels)
        return knn_accuracy(bank, labels, queries, test_labels, CLASSES)

    untrained = accuracy()
    start = time.perf_counter()
    loss = train(model, pixels, arguments.epochs)
    result = {
        "seconds": time.perf_counter() - start,
        "loss": loss,
        "untrained": untrained,
        "knn": accuracy(),
        "versions": [
            f"Python {platform.python_version()}",
            f"PyTorch {torch.__version__}",
            f"NumPy {np.__version__}",
        ],
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
