"""Networks of plain torch.nn with torchvision's and timm's names."""

import torch
from torch import nn
from torch.nn import functional as F


class Residual(nn.Module):
    """torchvision's BasicBlock and Bottleneck."""

    def __init__(self, come, width, stride, bottleneck, widen=1):
        super().__init__()
        out = width * (4 if bottleneck else 1)
        inner = width * widen
        sizes = (
            [(come, inner, 1, 1), (inner, inner, 3, stride), (inner, out, 1, 1)]
            if bottleneck
            else [(come, width, 3, stride), (width, width, 3, 1)]
        )
        self.count = len(sizes)
        for i, (a, b, side, step) in enumerate(sizes, 1):
            conv = nn.Conv2d(a, b, side, step, side // 2, bias=False)
            setattr(self, f"conv{i}", conv)
            setattr(self, f"bn{i}", nn.BatchNorm2d(b))
        self.downsample = None
        if stride != 1 or come != out:
            self.downsample = nn.Sequential(
                nn.Conv2d(come, out, 1, stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.count:
                y = F.relu(y)
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """torchvision's ResNet, without its classifier."""

    def __init__(self, blocks, bottleneck=False, cifar=False, widen=1, wide=64):
        super().__init__()
        side, step = (3, 1) if cifar else (7, 2)
        self.cifar = cifar
        self.conv1 = nn.Conv2d(3, wide, side, step, side // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(wide)
        come = wide
        self.count = len(blocks)
        for stage, count in enumerate(blocks):
            width = wide * 2**stage
            layer = []
            for i in range(count):
                stride = 2 if stage > 0 and i == 0 else 1
                layer.append(Residual(come, width, stride, bottleneck, widen))
                come = width * (4 if bottleneck else 1)
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layer))

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        if not self.cifar:
            x = F.max_pool2d(x, 3, 2, 1)
        for stage in range(self.count):
            x = getattr(self, f"layer{stage + 1}")(x)
        return x.mean((2, 3))


class Named(nn.Module):
    """Modules by name, without a forward of their own."""

    def __init__(self, **modules):
        super().__init__()
        for name, module in modules.items():
            setattr(self, name, module)


class Gamma(nn.Module):
    """timm's LayerScale."""

    def __init__(self, width):
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * self.gamma


class ViT(nn.Module):
    """timm's VisionTransformer with a class token, without its classifier."""

    def __init__(self, side, patch, width, depth, heads, scale):
        super().__init__()
        self.heads = heads
        self.patch_embed = Named(proj=nn.Conv2d(3, width, patch, patch))
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(
            torch.zeros(1, 1 + (side // patch) ** 2, width)
        )

        def norm():
            return nn.LayerNorm(width, eps=1e-6)

        def layer_scale():
            return Gamma(width) if scale else nn.Identity()

        self.blocks = nn.ModuleList(
            Named(
                norm1=norm(),
                attn=Named(
                    qkv=nn.Linear(width, 3 * width), proj=nn.Linear(width, width)
                ),
                ls1=layer_scale(),
                norm2=norm(),
                mlp=Named(
                    fc1=nn.Linear(width, 4 * width), fc2=nn.Linear(4 * width, width)
                ),
                ls2=layer_scale(),
            )
            for _ in range(depth)
        )
        self.norm = norm()

    def attend(self, attn, x):
        batch, tokens, width = x.shape
        qkv = attn.qkv(x).reshape(batch, tokens, 3, self.heads, -1)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return attn.proj(mixed.transpose(1, 2).reshape(batch, tokens, width))

    def forward(self, x):
        x = self.patch_embed.proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1)
        x = x + self.pos_embed
        for block in self.blocks:
            x = x + block.ls1(self.attend(block.attn, block.norm1(x)))
            hidden = F.gelu(block.mlp.fc1(block.norm2(x)))
            x = x + block.ls2(block.mlp.fc2(hidden))
        return self.norm(x)[:, 0]


class ConvNeXt(nn.Module):
    """timm's ConvNeXt, without its classifier."""

    def __init__(self, width, blocks):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, width, 4, 4), Norm2d(width))
        come, stages = width, []
        for group, count in enumerate(blocks):
            wide = width * 2**group
            downsample = (
                nn.Sequential(Norm2d(come), nn.Conv2d(come, wide, 2, 2))
                if group > 0
                else nn.Identity()
            )
            layers = [ConvNeXtBlock(wide) for _ in range(count)]
            stages.append(Named(downsample=downsample, blocks=nn.Sequential(*layers)))
            come = wide
        self.stages = nn.ModuleList(stages)
        self.head = Named(norm=nn.LayerNorm(come, eps=1e-6))

    def forward(self, x):
        x = self.stem(x)
        for stage in self.stages:
            x = stage.blocks(stage.downsample(x))
        return self.head.norm(x.mean((2, 3)))


class Norm2d(nn.LayerNorm):
    """timm's LayerNorm2d: of channels, which come first."""

    def __init__(self, width):
        super().__init__(width, eps=1e-6)

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNeXtBlock(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv_dw = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Named(
            fc1=nn.Linear(width, 4 * width), fc2=nn.Linear(4 * width, width)
        )
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x):
        y = self.norm(self.conv_dw(x).permute(0, 2, 3, 1))
        y = self.mlp.fc2(F.gelu(self.mlp.fc1(y))) * self.gamma
        return x + y.permute(0, 3, 1, 2)


class Mlp(nn.Module):
    """Linear layers; it reads pixels, channels last."""

    def __init__(self, sizes, last_norm):
        super().__init__()
        self.layers = len(sizes) - 1
        for i, (a, b) in enumerate(zip(sizes, sizes[1:]), 1):
            norm = i < self.layers or last_norm
            setattr(self, f"linear{i}", nn.Linear(a, b, bias=not norm))
            if norm:
                setattr(self, f"bn{i}", nn.BatchNorm1d(b))

    def forward(self, x):
        x = x.permute(0, 2, 3, 1).flatten(1)
        for i in range(1, self.layers + 1):
            x = getattr(self, f"linear{i}")(x)
            x = getattr(self, f"bn{i}", nn.Identity())(x)
            if i < self.layers:
                x = F.relu(x)
        return x


NETWORKS = {
    "resnet18": lambda: ResNet([2, 2, 2, 2]),
    "resnet50": lambda: ResNet([3, 4, 6, 3], bottleneck=True),
    "resnet18_cifar": lambda: ResNet([2, 2, 2, 2], cifar=True),
    "resnet_wide": lambda: ResNet([2, 2], bottleneck=True, widen=2, wide=16),
    "convnext_tiny": lambda: ConvNeXt(96, [3, 3, 9, 3]),
    "vit_tiny": lambda: ViT(32, 4, 192, 12, 3, False),
    "vit_odd": lambda: ViT(35, 5, 32, 2, 4, True),
    "mlp": lambda: Mlp([3072, 64, 32], False),
    "mlp_odd": lambda: Mlp([3267, 64, 64, 32], True),
}
