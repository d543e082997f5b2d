"""Makes data/photos, the data set that ships with Stopgrad.

Photographs from scikit-image and scikit-learn are cut into blocks; whole
blocks go to the training or to the test split, so no pixel is in both. From
each block come random crops of 32 to 64 pixels, resized to 32. Each
photograph is standardised in brightness and contrast, and reduced to its
luma, so that neither gives the class away. The label is the photograph.

    pip install scikit-image==0.25.2 scikit-learn==1.7.2
    python tools/make_photos.py data/photos
"""

import json
import pathlib
import sys

import numpy as np
import skimage.data
import sklearn.datasets
from PIL import Image

SIDE = 32
BLOCK = 80
TRAIN, TEST = 480, 80
COLUMNS = 20

CC0 = "CC0 1.0"
PUBLIC = "public domain"
BY = "CC BY 2.0"

# name, file, region (top, left, bottom, right; None for the whole), author, licence, source
PHOTOS = [
    ("astronaut", "astronaut.png", None, "NASA", PUBLIC, "scikit-image: astronaut"),
    ("brick", "brick.png", None, "ambientCG (CC0Textures), Bricks25", CC0, "scikit-image: brick"),
    ("camera", "camera.png", None, "Lav Varshney", CC0, "scikit-image: camera"),
    ("cat", "chelsea.png", None, "Stefan van der Walt", CC0, "scikit-image: chelsea"),
    ("clock", "clock_motion.png", None, "Stefan van der Walt", PUBLIC, "scikit-image: clock"),
    ("coffee", "coffee.png", None, "Rachel Michetti", CC0, "scikit-image: coffee"),
    ("coins", "coins.png", None, "Brooklyn Museum Collection", "no known copyright restrictions", "scikit-image: coins"),
    ("galaxies", "hubble_deep_field.jpg", None, "NASA, HubbleSite", PUBLIC, "scikit-image: hubble_deep_field"),
    ("grass", "grass.png", None, "linolafett (DeviantArt), Grass 01", CC0, "scikit-image: grass"),
    ("gravel", "gravel.png", None, "ambientCG (CC0Textures), Gravel04", CC0, "scikit-image: gravel"),
    ("retina", "retina.jpg", (300, 250, 1110, 1150), "Mikael Häggström", CC0, "scikit-image: retina"),
    ("rocket", "rocket.jpg", None, "SpaceX", PUBLIC, "scikit-image: rocket"),
    ("palace", "china.jpg", None, "danielbuechele (Flickr)", BY, "scikit-learn: china.jpg, https://www.flickr.com/photos/danielbuechele/6061409035/"),
    ("flower", "flower.jpg", None, "vultilion (Flickr)", BY, "scikit-learn: flower.jpg, https://www.flickr.com/photos/vultilion/6056698931/"),
    ("tissue", "ihc.png", None, "Center for Microscopy And Molecular Imaging (CMMI)", "no known copyright restrictions", "scikit-image: immunohistochemistry"),
]


def find(name):
    for folder in (
        pathlib.Path(skimage.data.__file__).parent,
        pathlib.Path(sklearn.datasets.__file__).parent / "images",
    ):
        if (folder / name).exists():
            return folder / name
    raise SystemExit(f"{name} is in neither package; install the pinned versions")


def luma(path, region):
    image = np.asarray(Image.open(path).convert("RGB"), np.float64)
    if region:
        top, left, bottom, right = region
        image = image[top:bottom, left:right]
    gray = image @ [0.299, 0.587, 0.114]
    return np.clip(128 + 52 * (gray - gray.mean()) / gray.std(), 0, 255)


def blocks(image):
    """Block corners of the two splits: every fifth block is for testing."""
    rows, columns = image.shape[0] // BLOCK, image.shape[1] // BLOCK
    train, test = [], []
    for i in range(rows):
        for j in range(columns):
            (test if (2 * i + j) % 5 == 0 else train).append((i * BLOCK, j * BLOCK))
    return train, test


def crops(image, corners, count, random):
    patches = []
    for k in range(count):
        top, left = corners[k % len(corners)]
        side = int(random.integers(SIDE, 2 * SIDE + 1))
        y = top + int(random.integers(0, BLOCK - side + 1))
        x = left + int(random.integers(0, BLOCK - side + 1))
        crop = Image.fromarray(image[y : y + side, x : x + side].astype(np.uint8))
        patches.append(np.asarray(crop.resize((SIDE, SIDE), Image.Resampling.BILINEAR)))
    return patches


def sheet(patches):
    rows = [np.hstack(patches[i : i + COLUMNS]) for i in range(0, len(patches), COLUMNS)]
    return Image.fromarray(np.vstack(rows))


def main(target):
    target.mkdir(parents=True, exist_ok=True)
    classes = []
    for index, (name, file, region, author, licence, source) in enumerate(PHOTOS):
        image = luma(find(file), region)
        train, test = blocks(image)
        random = np.random.Generator(np.random.PCG64(index))
        for split, corners, count in (("train", train, TRAIN), ("test", test, TEST)):
            sheet(crops(image, corners, count, random)).save(
                target / f"{name}-{split}.jpg", quality=92
            )
        classes.append(
            {"name": name, "source": source, "author": author, "licence": licence}
        )
    index = {
        "side": SIDE,
        "columns": COLUMNS,
        "train": TRAIN,
        "test": TEST,
        "classes": classes,
    }
    (target / "index.json").write_text(
        json.dumps(index, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
