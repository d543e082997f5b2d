"""Images of the benches: bytes that are made, and views that are given."""

import torch

# One normalization a view: alike views would be no two views.
NORMALIZATIONS = (
    ((0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)),
    ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
)


def made_images(count, side):
    """Random bytes, [count, 3, side, side]."""
    return torch.randint(0, 256, (count, 3, side, side), dtype=torch.uint8)


class GivenViews:
    """Batches of a resident set as two views, normalised and nothing more."""

    def __init__(self, count, side, batch, device):
        self.images = made_images(count, side).to(device)
        self.batch = batch
        self.order = torch.randperm(count).to(device)
        self.at = 0
        self.normalizations = [
            [torch.tensor(values).view(3, 1, 1).to(device) for values in pair]
            for pair in NORMALIZATIONS
        ]

    def next(self):
        if self.at + self.batch > len(self.order):
            self.at = 0
        indices = self.order[self.at : self.at + self.batch]
        self.at += self.batch
        images = self.images[indices].float() / 255
        return [
            ((images - mean) / std).contiguous(memory_format=torch.channels_last)
            for mean, std in self.normalizations
        ]
