"""The parity pipelines in plain PyTorch, written from the papers.

    python reference.py METHOD FOLDER [--dtype float64] [--frozen]

FOLDER is what export.ts wrote. Reads its first values and its views, trains
as many steps as there are, and writes FOLDER/<run>/losses.json and
FOLDER/<run>/final/<path>.npy; <run> is the dtype, or "frozen" with --frozen,
where every learning rate is 0: what the loss would be without training.

Recipes are repeated here, not read from the YAML: a setting that is read or
applied wrongly there must show up as a difference.
"""

import argparse
import json
import math
import platform
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

WARMUP_STEPS = 5


# Networks. Attribute names are the paths of the exported variables.


def conv(inputs, outputs, kernel, stride=1):
    padding = kernel // 2
    return nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)


class ConvNorm(nn.Module):
    """A convolution and its batch norm."""

    def __init__(self, inputs, outputs, kernel, stride=1):
        super().__init__()
        self.conv = conv(inputs, outputs, kernel, stride)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.bn(self.conv(x))


class BasicBlock(nn.Module):
    """Two 3x3 convolutions (He et al. 2015, arXiv:1512.03385, figure 5 left)."""

    expansion = 1

    def __init__(self, inputs, width, stride):
        super().__init__()
        self.conv1 = conv(inputs, width, 3, stride)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, 3)
        self.bn2 = nn.BatchNorm2d(width)
        if stride != 1 or inputs != width:
            self.shortcut = ConvNorm(inputs, width, 1, stride)
        else:
            self.shortcut = nn.Identity()

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + self.shortcut(x))


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions (same paper, figure 5 right)."""

    expansion = 4

    def __init__(self, inputs, width, stride):
        super().__init__()
        outputs = width * self.expansion
        self.conv1 = conv(inputs, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = conv(width, width, 3, stride)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = conv(width, outputs, 1)
        self.bn3 = nn.BatchNorm2d(outputs)
        if stride != 1 or inputs != outputs:
            self.shortcut = ConvNorm(inputs, outputs, 1, stride)
        else:
            self.shortcut = nn.Identity()

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + self.shortcut(x))


class ResNet(nn.Module):
    """Residual network; each group doubles the width and halves the side."""

    def __init__(self, width=8, blocks=(1, 1, 1), block=BasicBlock, imagenet=False):
        super().__init__()
        self.imagenet = imagenet
        self.stem = ConvNorm(3, width, 7, 2) if imagenet else ConvNorm(3, width, 3)
        self.groups = []
        inputs = width
        for group, count in enumerate(blocks):
            wide = width * 2**group
            layers = nn.ModuleList()
            for i in range(count):
                stride = 2 if group > 0 and i == 0 else 1
                layers.append(block(inputs, wide, stride))
                inputs = wide * block.expansion
            name = f"block{group + 1}"
            self.add_module(name, layers)
            self.groups.append(name)
        self.features = inputs

    def forward(self, x):
        x = F.relu(self.stem(x))
        if self.imagenet:
            x = F.max_pool2d(x, kernel_size=3, stride=2, padding=1)
        for name in self.groups:
            for block in getattr(self, name):
                x = block(x)
        return x.mean(dim=(2, 3))


class MLP(nn.Module):
    """Linear layers with batch norm and ReLU between them."""

    def __init__(
        self,
        inputs,
        hidden,
        outputs,
        layers=2,
        hidden_norm=True,
        output_norm=False,
        output_affine=True,
        output_bias=True,
    ):
        super().__init__()
        self.layers = layers
        for i in range(1, layers + 1):
            last = i == layers
            width = outputs if last else hidden
            norm = output_norm if last else hidden_norm
            bias = output_bias and not norm if last else not norm
            self.add_module(f"linear{i}", nn.Linear(inputs, width, bias))
            if norm:
                affine = output_affine if last else True
                self.add_module(f"bn{i}", nn.BatchNorm1d(width, affine=affine))
            inputs = width

    def forward(self, x):
        for i in range(1, self.layers + 1):
            x = getattr(self, f"linear{i}")(x)
            if hasattr(self, f"bn{i}"):
                x = getattr(self, f"bn{i}")(x)
            if i < self.layers:
                x = F.relu(x)
        return x


# Optimizers and schedules.


class LARS(torch.optim.Optimizer):
    """LARS as BYOL and Barlow Twins use it (You et al. 2017, arXiv:1708.03888).

    Weight decay is added to the gradient; the sum is scaled by
    trust * |w| / |sum|; momentum gathers the result; the learning rate comes
    last. Biases and norms are left out of decay and scaling.
    """

    def __init__(self, parameters, lr, momentum, weight_decay, trust, clip=False):
        defaults = dict(
            lr=lr, momentum=momentum, weight_decay=weight_decay, trust=trust, clip=clip
        )
        super().__init__(parameters, defaults)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                update = p.grad
                if p.ndim > 1:
                    update = update + group["weight_decay"] * p
                    ratio = group["trust"] * p.norm() / update.norm()
                    if group["clip"]:
                        # The rate of the layer is at most the global one.
                        ratio = min(ratio / group["lr"], 1)
                    update = ratio * update
                state = self.state[p]
                if "velocity" not in state:
                    state["velocity"] = torch.zeros_like(p)
                state["velocity"].mul_(group["momentum"]).add_(update)
                p.sub_(group["lr"] * state["velocity"])


def weights_and_rest(module):
    """Parameters that decay, and biases, scales and offsets, which do not."""
    parameters = list(module.parameters())
    weights = [p for p in parameters if p.requires_grad and p.ndim > 1]
    rest = [p for p in parameters if p.requires_grad and p.ndim == 1]
    return weights, rest


def cosine_with_warmup(step, steps):
    """Linear warm-up that reaches 1 at its last step, then half a cosine."""
    if step < WARMUP_STEPS:
        return (step + 1) / WARMUP_STEPS
    progress = (step - WARMUP_STEPS) / (steps - WARMUP_STEPS)
    return 0.5 * (1 + math.cos(math.pi * progress))


# EMA twins.


def without_gradient(module):
    return module.requires_grad_(False)


@torch.no_grad()
def move_towards(twin, source, momentum):
    """twin = momentum * twin + (1 - momentum) * source, buffers included."""
    tensors = zip(twin.state_dict().values(), source.state_dict().values())
    for ours, theirs in tensors:
        if ours.is_floating_point():
            ours.mul_(momentum).add_(theirs, alpha=1 - momentum)


# Methods. Each is given the two views of a batch and returns its loss.


class SimSiam(nn.Module):
    """Chen and He 2020, arXiv:2011.10566, algorithm 1."""

    def __init__(self):
        super().__init__()
        self.y = ResNet()
        self.z = MLP(
            self.y.features, 128, 128, output_norm=True, output_affine=False
        )
        self.p = MLP(128, 32, 128)

    def optimizer(self):
        networks = [*self.y.parameters(), *self.z.parameters()]
        return torch.optim.SGD(
            [
                {"params": networks},
                {"params": self.p.parameters(), "lr": 0.2, "constant": True},
            ],
            lr=0.003,
            momentum=0.9,
            weight_decay=0.005,
        )

    def forward(self, a, b):
        za, zb = self.z(self.y(a)), self.z(self.y(b))
        pa, pb = self.p(za), self.p(zb)

        def distance(p, z):
            return -F.cosine_similarity(p, z.detach(), dim=1).mean()

        return distance(pa, zb) / 2 + distance(pb, za) / 2

    def after_step(self, step, steps):
        pass


class BYOL(nn.Module):
    """Grill et al. 2020, arXiv:2006.07733, algorithm 1."""

    def __init__(self):
        super().__init__()
        self.y = ResNet()
        self.z = MLP(self.y.features, 128, 64)
        self.p = MLP(64, 128, 64)
        self.target = without_gradient(
            nn.ModuleDict({"y": ResNet(), "z": MLP(self.y.features, 128, 64)})
        )

    def optimizer(self):
        online = [
            p for net in (self.y, self.z, self.p) for p in net.parameters()
        ]
        return LARS(online, lr=0.015, momentum=0.9, weight_decay=0.01, trust=0.02)

    def forward(self, a, b):
        pa, pb = self.p(self.z(self.y(a))), self.p(self.z(self.y(b)))
        with torch.no_grad():
            ta = self.target["z"](self.target["y"](a))
            tb = self.target["z"](self.target["y"](b))

        def distance(p, t):
            p, t = F.normalize(p, dim=1), F.normalize(t, dim=1)
            return (p - t).square().sum(dim=1).mean()

        return (distance(pa, tb) + distance(pb, ta)) / 2

    def after_step(self, step, steps):
        # Section 3.2: 1 - (1 - base) (cos(pi k / K) + 1) / 2.
        momentum = 1 - (1 - 0.9) * (math.cos(math.pi * step / steps) + 1) / 2
        move_towards(self.target["y"], self.y, momentum)
        move_towards(self.target["z"], self.z, momentum)


class BarlowTwins(nn.Module):
    """Zbontar et al. 2021, arXiv:2103.03230, equation 1."""

    def __init__(self):
        super().__init__()
        self.y = ResNet()
        self.z = MLP(self.y.features, 64, 64, output_bias=False)
        # Normalises each feature over the batch; holds nothing of its own.
        self.standardize = nn.BatchNorm1d(
            64, affine=False, track_running_stats=False
        )

    def optimizer(self):
        return LARS(
            self.parameters(),
            lr=0.01,
            momentum=0.9,
            weight_decay=0.01,
            trust=1e-4,
            clip=True,
        )

    def forward(self, a, b):
        za = self.standardize(self.z(self.y(a)))
        zb = self.standardize(self.z(self.y(b)))
        correlation = za.T @ zb / len(za)
        diagonal = torch.diagonal(correlation)
        on = (diagonal - 1).square().sum()
        off = correlation.square().sum() - diagonal.square().sum()
        return 0.1 * (on + 0.0051 * off)

    def after_step(self, step, steps):
        pass


def nt_xent(a, b, temperature):
    """Chen et al. 2020, arXiv:2002.05709, equation 1, over all 2B embeddings."""
    batch = len(a)
    z = F.normalize(torch.cat([a, b]), dim=1)
    logits = z @ z.T / temperature
    itself = torch.eye(2 * batch, dtype=torch.bool)
    logits = logits.masked_fill(itself, -math.inf)
    other = torch.arange(2 * batch).roll(batch)
    return F.cross_entropy(logits, other)


class SimCLR(nn.Module):
    """Chen et al. 2020, arXiv:2002.05709."""

    def __init__(self):
        super().__init__()
        self.y = ResNet()
        self.z = MLP(self.y.features, 64, 64)

    def optimizer(self):
        weights, rest = weights_and_rest(self)
        return torch.optim.SGD(
            [
                {"params": weights, "weight_decay": 0.05},
                {"params": rest, "weight_decay": 0},
            ],
            lr=0.002,
            momentum=0.9,
        )

    def forward(self, a, b):
        return nt_xent(self.z(self.y(a)), self.z(self.y(b)), 0.5)

    def after_step(self, step, steps):
        pass


class SimCLRAdamW(nn.Module):
    """SimCLR with bottleneck blocks, the ImageNet stem, no norm in the head."""

    def __init__(self):
        super().__init__()
        self.y = ResNet(8, (1, 2), Bottleneck, imagenet=True)
        self.z = MLP(self.y.features, 64, 64, hidden_norm=False)

    def optimizer(self):
        weights, rest = weights_and_rest(self)
        return torch.optim.AdamW(
            [
                {"params": weights, "weight_decay": 1},
                {"params": rest, "weight_decay": 0},
            ],
            lr=0.0002,
        )

    def forward(self, a, b):
        return nt_xent(self.z(self.y(a)), self.z(self.y(b)), 0.2)

    def after_step(self, step, steps):
        pass


class MoCo(nn.Module):
    """He et al. 2019, arXiv:1911.05722, algorithm 1, for both directions.

    Each view's keys have a queue of their own. The batch joins it after the
    step, so that a key is never its own negative.
    """

    def __init__(self):
        super().__init__()
        self.y = ResNet()
        self.q = MLP(self.y.features, 64, 64, hidden_norm=False)
        self.key = without_gradient(
            nn.ModuleDict(
                {"y": ResNet(), "k": MLP(self.y.features, 64, 64, hidden_norm=False)}
            )
        )
        self.queue = nn.Module()
        self.queue.register_buffer("view0", torch.zeros(256, 64))
        self.queue.register_buffer("view1", torch.zeros(256, 64))

    def optimizer(self):
        queries = [*self.y.parameters(), *self.q.parameters()]
        return torch.optim.SGD(queries, lr=0.006, momentum=0.9, weight_decay=0.01)

    def forward(self, a, b):
        def contrast(query, key, negatives):
            query = F.normalize(query, dim=1)
            positive = (query * key).sum(dim=1, keepdim=True)
            logits = torch.cat([positive, query @ negatives.T], dim=1) / 0.2
            return F.cross_entropy(logits, torch.zeros(len(query), dtype=torch.long))

        qa, qb = self.q(self.y(a)), self.q(self.y(b))
        with torch.no_grad():
            ka = F.normalize(self.key["k"](self.key["y"](a)), dim=1)
            kb = F.normalize(self.key["k"](self.key["y"](b)), dim=1)
        self.keys = ka, kb
        # Copies: the queues change before the next step's backward pass.
        first, second = self.queue.view0.clone(), self.queue.view1.clone()
        return (contrast(qa, kb, second) + contrast(qb, ka, first)) / 2

    @torch.no_grad()
    def after_step(self, step, steps):
        move_towards(self.key["y"], self.y, 0.99)
        move_towards(self.key["k"], self.q, 0.99)
        for queue, keys in zip((self.queue.view0, self.queue.view1), self.keys):
            queue.copy_(torch.cat([keys, queue[: -len(keys)]]))


METHODS = {
    "simsiam": SimSiam,
    "byol": BYOL,
    "barlow_twins": BarlowTwins,
    "simclr": SimCLR,
    "simclr_adamw": SimCLRAdamW,
    "moco": MoCo,
}


# Exchange of variables: other names, and other orders of axes.

NAMES = {
    "kernel": "weight",
    "scale": "weight",
    "offset": "bias",
    "mean": "running_mean",
    "variance": "running_var",
}


def torch_name(path):
    *scopes, leaf = path.split("/")
    return ".".join([*scopes, NAMES.get(leaf, leaf)])


def to_torch(path, value):
    """Kernels: [height, width, in, out] to [out, in, height, width], [in, out] to [out, in]."""
    if path.endswith("/kernel"):
        value = value.transpose(3, 2, 0, 1) if value.ndim == 4 else value.T
    return torch.from_numpy(np.ascontiguousarray(value))


def from_torch(path, tensor):
    value = tensor.detach().to(torch.float32).numpy()
    if path.endswith("/kernel"):
        value = value.transpose(2, 3, 1, 0) if value.ndim == 4 else value.T
    return np.ascontiguousarray(value)


def paths_in(folder):
    return [
        file.relative_to(folder).with_suffix("").as_posix()
        for file in sorted(folder.rglob("*.npy"))
    ]


def load_variables(model, folder):
    state = {
        torch_name(path): to_torch(path, np.load(folder / f"{path}.npy"))
        for path in paths_in(folder)
    }
    missing, unexpected = model.load_state_dict(state, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise SystemExit(f"Variables differ: {missing=}, {unexpected=}")


def save_variables(model, paths, folder):
    state = model.state_dict()
    for path in paths:
        file = folder / f"{path}.npy"
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(file, from_torch(path, state[torch_name(path)]))


def train(model, views, frozen=False):
    """Trains on `views`, [steps, views, batch, height, width, channels]."""
    optimizer = model.optimizer()
    for group in optimizer.param_groups:
        group["peak"] = 0 if frozen else group["lr"]
    losses = []
    model.train()
    for step, batch in enumerate(views):
        for group in optimizer.param_groups:
            constant = group.get("constant", False)
            factor = 1 if constant else cosine_with_warmup(step, len(views))
            group["lr"] = group["peak"] * factor
        loss = model(*batch.permute(0, 1, 4, 2, 3))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        model.after_step(step, len(views))
        losses.append(loss.item())
    return losses


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--frozen", action="store_true")
    arguments = parser.parse_args()

    dtype = getattr(torch, arguments.dtype)
    model = METHODS[arguments.method]()
    initial = arguments.folder / "initial"
    load_variables(model, initial)
    model.to(dtype)
    views = torch.from_numpy(np.load(arguments.folder / "views.npy")).to(dtype)
    losses = train(model, views, arguments.frozen)

    output = arguments.folder / ("frozen" if arguments.frozen else arguments.dtype)
    save_variables(model, paths_in(initial), output / "final")
    versions = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }
    result = {"losses": losses, "versions": versions}
    (output / "losses.json").write_text(json.dumps(result))


if __name__ == "__main__":
    main()
