"""Augmentations of a whole batch, with torchvision's meaning.

Images are float32 in 0..1, [batch, 3, side, side]; every sample draws its own
parameters. torchvision itself takes one image at a time, too slow for a CPU
that also trains.
"""

import math
from dataclasses import dataclass

import torch

# Rec. 601 luma, as torchvision rounds it.
LUMA = torch.tensor([0.2989, 0.587, 0.114]).view(3, 1, 1)
MEAN = torch.tensor([0.4914, 0.4822, 0.4465]).view(3, 1, 1)
STD = torch.tensor([0.247, 0.2435, 0.2616]).view(3, 1, 1)

CROP_TRIES = 10


@dataclass(frozen=True)
class Recipe:
    """Strengths and probabilities of one view."""

    area: float
    brightness: float
    contrast: float
    saturation: float
    hue: float
    solarize: float = 0.0
    jitter: float = 0.8
    grayscale: float = 0.2
    flip: float = 0.5


def uniform(shape, low, high):
    return torch.empty(shape).uniform_(low, high)


def crop_boxes(batch, side, area):
    """RandomResizedCrop.get_params: top, left, height, width, each [batch].

    Ten tries of an area and a log-uniform aspect ratio, the first that fits;
    else the whole image, which is square here.
    """
    tries = (batch, CROP_TRIES)
    areas = side * side * uniform(tries, area, 1)
    ratios = uniform(tries, math.log(3 / 4), math.log(4 / 3)).exp()
    widths = (areas * ratios).sqrt().round()
    heights = (areas / ratios).sqrt().round()
    fits = (widths > 0) & (widths <= side) & (heights > 0) & (heights <= side)
    first = fits.int().argmax(dim=1, keepdim=True)
    some = fits.any(dim=1)
    width = torch.where(some, widths.gather(1, first).squeeze(1), side)
    height = torch.where(some, heights.gather(1, first).squeeze(1), side)

    def place(free):
        return torch.minimum((torch.rand(batch) * (free + 1)).floor(), free)

    return place(side - height), place(side - width), height, width


def resize_weights(start, length, side):
    """Matrices [batch, side, side] that resize `length` pixels from `start`.

    Bilinear, from pixels of the crop alone, with weights that add up to 1. A
    crop is never larger than the image, so there is nothing to antialias.
    """
    start, length = start.view(-1, 1, 1), length.view(-1, 1, 1)
    scale = length / side
    outputs = torch.arange(side).view(1, -1, 1) + 0.5
    pixels = torch.arange(side).view(1, 1, -1)
    distance = (pixels + 0.5 - (start + outputs * scale)).abs()
    weights = (1 - distance).clamp(min=0)
    weights = weights * ((pixels >= start) & (pixels < start + length))
    return weights / weights.sum(dim=2, keepdim=True)


def crop_and_flip(images, boxes, flipped):
    """Resizes the boxes to the whole image and mirrors where `flipped`."""
    top, left, height, width = boxes
    side = images.shape[-1]
    rows = resize_weights(top, height, side)
    columns = resize_weights(left, width, side)
    columns = torch.where(flipped.view(-1, 1, 1), columns.flip(1), columns)
    # The transpose makes the product [batch, 1, in, out].
    return rows.unsqueeze(1) @ images @ columns.transpose(1, 2).unsqueeze(1)


def luma(images):
    return (images * LUMA).sum(dim=1, keepdim=True)


def blend(images, other, factor):
    factor = factor.view(-1, 1, 1, 1)
    return (factor * images + (1 - factor) * other).clamp(0, 1)


def brighten(images, factor):
    return blend(images, torch.zeros(()), factor)


def contrast(images, factor):
    return blend(images, luma(images).mean(dim=(2, 3), keepdim=True), factor)


def saturate(images, factor):
    return blend(images, luma(images), factor)


def shift_hue(images, shift):
    """Turns the hue of HSV by `shift`, in turns of the colour circle."""
    red, green, blue = images.unbind(1)
    value = images.amax(dim=1)
    chroma = value - images.amin(dim=1)
    divisor = torch.where(chroma == 0, 1, chroma)
    # Position on the hexagon, 0..6, from the channel that is largest.
    position = torch.where(
        value == red,
        (green - blue) / divisor,
        torch.where(
            value == green,
            2 + (blue - red) / divisor,
            4 + (red - green) / divisor,
        ),
    )
    position = position + 6 * shift.view(-1, 1, 1)
    # Each channel falls from the value to value - chroma at its own distance.
    corners = torch.tensor([5.0, 3.0, 1.0]).view(3, 1, 1)
    k = (corners + position.unsqueeze(1)).remainder(6)
    fall = torch.minimum(k, 4 - k).clamp(0, 1)
    return value.unsqueeze(1) - chroma.unsqueeze(1) * fall


def jitter(images, recipe):
    """ColorJitter; its random order is drawn for the batch, not the image."""
    batch = len(images)
    steps = [
        (brighten, uniform(batch, 1 - recipe.brightness, 1 + recipe.brightness)),
        (contrast, uniform(batch, 1 - recipe.contrast, 1 + recipe.contrast)),
        (saturate, uniform(batch, 1 - recipe.saturation, 1 + recipe.saturation)),
        (shift_hue, uniform(batch, -recipe.hue, recipe.hue)),
    ]
    for i in torch.randperm(len(steps)).tolist():
        apply, amount = steps[i]
        images = apply(images, amount)
    return images


def solarize(images):
    return torch.where(images >= 0.5, 1 - images, images)


def normalize(images):
    return (images - MEAN) / STD


def augment(images, recipe):
    """One view of the images."""
    batch, _, side, _ = images.shape

    def some(probability):
        return torch.rand(batch) < probability

    boxes = crop_boxes(batch, side, recipe.area)
    images = crop_and_flip(images, boxes, some(recipe.flip))
    jittered = some(recipe.jitter)
    images[jittered] = jitter(images[jittered], recipe)
    gray = some(recipe.grayscale)
    images[gray] = luma(images[gray]).expand(-1, 3, -1, -1)
    if recipe.solarize:
        solarized = some(recipe.solarize)
        images[solarized] = solarize(images[solarized])
    return normalize(images)
