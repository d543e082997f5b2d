"""Loads batches by torchvision's ImageFolder and PIL, once on each line of stdin; writes seconds of CPU and of the clock for an image."""

import resource
import sys
import time

import torch
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

folder, size, batch, workers, images = sys.argv[1], *map(int, sys.argv[2:])
torch.set_num_threads(1)
data = datasets.ImageFolder(
    folder,
    transforms.Compose(
        [
            transforms.Resize(size),
            transforms.CenterCrop(size),
            transforms.PILToTensor(),
        ]
    ),
)


def cpu():
    """Seconds of this process, and of workers that have ended."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = map(resource.getrusage, kinds)
    return sum(one.ru_utime + one.ru_stime for one in used)


for _ in sys.stdin:
    loader = DataLoader(
        data, batch_size=batch, shuffle=True, num_workers=workers
    )
    before, started = cpu(), time.perf_counter()
    count = 0
    batches = iter(loader)
    for pixels, _labels in batches:
        count += len(pixels)
        if count >= images:
            break
    seconds = time.perf_counter() - started
    # Workers count once they have ended.
    del batches
    print((cpu() - before) / count, seconds / count, flush=True)
