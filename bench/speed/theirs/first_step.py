"""What somebody would start with lightly: python first_step.py JOB

Reads CIFAR-10's binary batches, trains, and prints a line after the first step.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch

from lightly_views import TRANSFORMS, Images, channels_last, loader
from methods import Training

RECORD = 1 + 3 * 32 * 32


class Cifar(Images):
    def __init__(self, folder, transform):
        batches = [
            np.fromfile(file, dtype=np.uint8).reshape(-1, RECORD)[:, 1:]
            for file in sorted(Path(folder).glob("data_batch_*.bin"))
        ]
        planes = np.concatenate(batches).reshape(-1, 3, 32, 32)
        self.pixels = np.ascontiguousarray(planes.transpose(0, 2, 3, 1))
        self.transform = transform


def main():
    job = json.loads(sys.argv[1])
    torch.set_num_threads(job["threads"])
    images = Cifar(job["folder"], TRANSFORMS[job["method"]]())
    training = Training(job["method"], job["size"], job["precision"], "eager")
    for views in loader(images, job["batch"], workers=0):
        training.step(*channels_last(views))
        print("step", flush=True)


if __name__ == "__main__":
    main()
