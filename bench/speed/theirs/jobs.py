"""What a worker can be asked to measure. Each job readies itself, warms up, and
returns facts about it and a function that does its work so many times.
"""

import multiprocessing
import os
import re
import time

import torch

from images import GivenViews
from methods import Training


def versions():
    return [f"PyTorch {torch.__version__}"]


def device_of(job):
    return {"cpu": "cpu", "gpu": "cuda"}[job["device"]]


def training_of(job):
    names = ("method", "size", "precision", "mode")
    return Training(*(job[name] for name in names), device_of(job))


def stepper(job):
    training = training_of(job)
    views = GivenViews(
        job["images"], job.get("side", 32), job["batch"], device_of(job)
    )

    def run(count):
        for _ in range(count):
            training.step(*views.next())

    return run


def step(job):
    """A step on given views: forward, backward, optimizer, EMA."""
    run = stepper(job)
    run(job["warmup"])
    return {"units": job["batch"]}, run


def memory(job):
    """Most bytes that this process ever had resident, after some steps."""
    _, run = step({**job, "warmup": 0})
    run(job["steps"])
    # Not ru_maxrss: that begins with what the process which started this had.
    with open("/proc/self/status") as status:
        peak = re.search(r"VmHWM:\s*(\d+) kB", status.read())[1]
    return {"value": 1024 * int(peak)}, None


def compile_step(job):
    """What the first step of a compiled model takes beyond a later one."""
    run = stepper(job)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        run(1)
        times.append(time.perf_counter() - start)
    return {"value": times[0] - min(times)}, None


def end_to_end(job):
    """lightly's transforms and loader, then the same step."""
    import lightly

    import vision
    from lightly_views import TRANSFORMS, Images, channels_last, endless, loader

    images = Images(job["pixels"], TRANSFORMS[job["method"]]())
    batches = endless(loader(images, job["batch"], job["workers"]))
    training = training_of({**job, "mode": "eager"})
    device = device_of(job)

    def run(count):
        for _ in range(count):
            views = channels_last(next(batches))
            training.step(*(view.to(device, non_blocking=True) for view in views))

    # What the loader's workers had ready beforehand is used up here.
    run(job["warmup"])
    libraries = [f"lightly {lightly.__version__}", f"torchvision {vision.VERSION}"]
    return {"units": job["batch"], "versions": libraries}, run


def augmenting_process(pixels, pipe):
    """Makes views until the pipe is closed."""
    import numpy as np
    from PIL import Image

    from lightly_views import TRANSFORMS

    torch.set_num_threads(1)
    view = TRANSFORMS["simsiam"]().transforms[0]
    images = [Image.fromarray(image) for image in np.load(pixels)[:2048]]
    while count := pipe.recv():
        for i in range(count):
            view(images[i % len(images)])
        pipe.send(count)


def augment(job):
    """torchvision's transforms in one process a core."""
    import vision

    context = multiprocessing.get_context("spawn")
    pipes = []
    for _ in range(job["threads"]):
        ours, theirs = context.Pipe()
        arguments = (job["pixels"], theirs)
        context.Process(
            target=augmenting_process, args=arguments, daemon=True
        ).start()
        pipes.append(ours)
    share = job["batch"] // len(pipes)

    def run(count):
        for pipe in pipes:
            pipe.send(count * share)
        for pipe in pipes:
            pipe.recv()

    run(1)
    libraries = [f"torchvision {vision.VERSION}"]
    return {"units": share * len(pipes), "versions": libraries}, run


def finish(job):
    """A GPU works on after its calls returned."""
    if job["device"] == "gpu":
        torch.cuda.synchronize()


def convolution(job):
    """A chain of 3x3 convolutions from as many channels to as many."""
    batch, side, channels, chain = (
        job[key] for key in ("batch", "side", "channels", "chain")
    )
    dtype = getattr(torch, job["precision"])
    on = {"dtype": dtype, "device": device_of(job)}
    last = torch.channels_last
    x = torch.full((batch, channels, side, side), 0.1, **on)
    weight = torch.full((channels, channels, 3, 3), 1 / (9 * channels), **on)
    x, weight = x.to(memory_format=last), weight.to(memory_format=last)

    @torch.no_grad()
    def run(count):
        for _ in range(count):
            y = x
            for _ in range(chain):
                y = torch.nn.functional.conv2d(y, weight, padding=1)
        finish(job)

    run(2)
    return {"units": chain * 2 * batch * side**2 * 9 * channels**2}, run


def product(job):
    """Square matrices."""
    side, chain = job["side"], job["chain"]
    dtype = getattr(torch, job["precision"])
    matrix = torch.full((side, side), 1 / side, dtype=dtype, device=device_of(job))

    @torch.no_grad()
    def run(count):
        for _ in range(count):
            y = matrix
            for _ in range(chain):
                y = y @ matrix
        finish(job)

    run(2)
    return {"units": chain * 2 * side**3}, run


JOBS = {
    "step": step,
    "memory": memory,
    "compile": compile_step,
    "end-to-end": end_to_end,
    "augment": augment,
    "convolution": convolution,
    "product": product,
}


def prepare(job):
    torch.set_num_threads(job["threads"])
    torch.manual_seed(0)
    if job["device"] == "gpu":
        # As TensorFlow has it: TF32, and the fastest convolution by trial.
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.benchmark = True
    facts, run = JOBS[job["job"]](job)
    return {**facts, "versions": versions() + facts.get("versions", [])}, run
