"""SimSiam and BYOL with the layer sizes of pipelines/cifar10, DINO with those of
pipelines/dino.yaml, as fast as plain
PyTorch has them: channels_last, fused attention and optimizer, EMA over lists of
tensors.
"""

import copy
from contextlib import nullcontext

import torch
import torch.nn.functional as F
from torch import nn

from parity import LARS, MLP, Bottleneck, ResNet, without_gradient
from vit import ViT


def small():
    return ResNet(16)


def resnet18():
    return ResNet(64, (2, 2, 2, 2))


def resnet50():
    return ResNet(64, (3, 4, 6, 3), Bottleneck)


def vit_tiny():
    return ViT(side=32, patch=4, width=192, depth=12, heads=3)


def resnet50_224():
    return ResNet(64, (3, 4, 6, 3), Bottleneck, imagenet=True)


def vit_small_224():
    return ViT(side=224, patch=16, width=384, depth=12, heads=6)


ENCODERS = {
    "small": small,
    "resnet18": resnet18,
    "resnet50": resnet50,
    "vit_tiny": vit_tiny,
    "resnet50_224": resnet50_224,
    "vit_small_224": vit_small_224,
}

# Widths of the heads by size of the encoder: hidden, output, predictor's hidden.
SIMSIAM_HEADS = {
    "small": (512, 512, 128),
    "resnet18": (2048, 2048, 512),
    "resnet50": (2048, 2048, 512),
    "vit_tiny": (2048, 2048, 512),
    "resnet50_224": (2048, 2048, 512),
    "vit_small_224": (2048, 2048, 512),
}
BYOL_HEADS = {"small": (512, 128), "resnet18": (4096, 256)}


class SimSiam(nn.Module):
    """Chen and He 2020, arXiv:2011.10566, algorithm 1."""

    clip = None

    def __init__(self, size):
        super().__init__()
        hidden, out, predictor = SIMSIAM_HEADS[size]
        self.size = size
        self.y = ENCODERS[size]()
        self.z = MLP(
            self.y.features, hidden, out, output_norm=True, output_affine=False
        )
        self.p = MLP(out, predictor, out)

    def optimizer(self):
        return (adamw if self.size.startswith("vit") else sgd)(self.parameters())

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

    clip = None

    def __init__(self, size):
        super().__init__()
        hidden, out = BYOL_HEADS[size]
        self.size = size
        self.y = ENCODERS[size]()
        self.z = MLP(self.y.features, hidden, out)
        self.p = MLP(out, hidden, out)
        self.target = without_gradient(
            nn.ModuleDict({"y": copy.deepcopy(self.y), "z": copy.deepcopy(self.z)})
        )

    def optimizer(self):
        online = [p for net in (self.y, self.z, self.p) for p in net.parameters()]
        if self.size == "small":
            return sgd(online)
        return LARS(
            online, lr=1.0, momentum=0.9, weight_decay=1e-5, trust=0.02, clip=True
        )

    def forward(self, a, b):
        pa, pb = self.p(self.z(self.y(a))), self.p(self.z(self.y(b)))
        with torch.no_grad():
            ta = self.target["z"](self.target["y"](a))
            tb = self.target["z"](self.target["y"](b))

        def distance(p, t):
            p, t = F.normalize(p, dim=1), F.normalize(t, dim=1)
            return (p - t).square().sum(dim=1).mean()

        return distance(pa, tb) + distance(pb, ta)

    @torch.no_grad()
    def after_step(self):
        for twin, source in ((self.target["y"], self.y), (self.target["z"], self.z)):
            pairs = zip(twin.state_dict().values(), source.state_dict().values())
            floats = [pair for pair in pairs if pair[0].is_floating_point()]
            ours, theirs = zip(*floats)
            torch._foreach_lerp_(ours, theirs, 0.01)


class Prototypes(nn.Module):
    """Scores of unit vectors for unit prototypes."""

    def __init__(self, inputs, count):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(count, inputs) / inputs**0.5)

    def forward(self, x):
        return F.normalize(x, dim=1) @ F.normalize(self.weight, dim=1).t()


class DINO(nn.Module):
    """Caron et al. 2021, arXiv:2104.14294, algorithm 1, with small crops."""

    SMALL = 4
    clip = 3

    def __init__(self, size):
        super().__init__()
        y = ENCODERS[size]()
        head = [nn.Linear(y.features, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU()]
        head += [nn.Linear(256, 256, bias=False), nn.BatchNorm1d(256), nn.ReLU()]
        head += [nn.Linear(256, 64), Prototypes(64, 512)]
        self.student = nn.Sequential(y, *head)
        self.teacher = without_gradient(copy.deepcopy(self.student))
        self.register_buffer("centre", torch.zeros(512))

    def optimizer(self):
        return adamw(self.student.parameters())

    def forward(self, a, b):
        large = torch.cat([a, b])
        corners = [
            view[:, :, top : top + 16, left : left + 16]
            for view, top, left in ((a, 0, 0), (b, 16, 0), (a, 0, 16), (b, 16, 16))
        ]
        with torch.no_grad():
            scores = self.teacher(large)
            targets = F.softmax((scores - self.centre) / 0.07, dim=1).chunk(2)
            self.centre.lerp_(scores.mean(0).to(self.centre.dtype), 0.1)
        views = self.student(large).chunk(2)
        views += self.student(torch.cat(corners)).chunk(self.SMALL)
        losses = [
            -(targets[t] * F.log_softmax(view / 0.1, dim=1)).sum(1).mean()
            for t in range(2)
            for v, view in enumerate(views)
            if v != t
        ]
        return torch.stack(losses).mean()

    @torch.no_grad()
    def after_step(self):
        pairs = zip(self.teacher.parameters(), self.student.parameters())
        ours, theirs = zip(*pairs)
        torch._foreach_lerp_(ours, theirs, 0.01)


METHODS = {"simsiam": SimSiam, "byol": BYOL, "dino": DINO}


def sgd(parameters):
    return torch.optim.SGD(
        parameters, lr=0.06, momentum=0.9, weight_decay=0.0005, fused=True
    )


def adamw(parameters):
    return torch.optim.AdamW(parameters, lr=0.0005, weight_decay=0.05, fused=True)


def autocast(precision, device):
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device, dtype=getattr(torch, precision))


class Training:
    """A model that trains on given views.

    `mode` is "eager" or "compiled", `device` "cpu" or "cuda". The learning rate
    is constant: a schedule would be one number a step.
    """

    def __init__(self, method, size, precision, mode, device="cpu"):
        self.model = METHODS[method](size).to(
            device, memory_format=torch.channels_last
        )
        self.model.train()
        self.optimizer = self.model.optimizer()
        self.loss = torch.compile(self.model) if mode == "compiled" else self.model
        self.precision = precision
        self.device = device

    def step(self, a, b):
        with autocast(self.precision, self.device):
            loss = self.loss(a, b)
        self.optimizer.zero_grad()
        loss.backward()
        if self.model.clip:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.model.clip)
        self.optimizer.step()
        self.model.after_step()
        return loss.item()
