"""Runs what was exported in onnxruntime, TensorFlow and PyTorch.

Prints a line of JSON for each network, runtime and set of images: the largest
difference to the engine's features, and the largest feature.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import torch
from networks import NETWORKS
from safetensors.numpy import load_file
from safetensors.torch import load_file as load_torch

MEAN = np.array([0.4914, 0.4822, 0.4465], np.float32)
STD = np.array([0.247, 0.2435, 0.2616], np.float32)


def onnx_runtime(folder):
    path = str(folder / "onnx" / "encoder.onnx")
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path)
    return lambda images: session.run(["features"], {"images": images})[0]


def tensorflow(folder):
    model = tf.saved_model.load(str(folder / "savedmodel"))
    run = model.signatures["serving_default"]
    return lambda images: run(images=tf.constant(images))["features"].numpy()


def pytorch(folder):
    network = NETWORKS[folder.name]()
    state = load_torch(folder / "safetensors" / "encoder.safetensors")
    network.load_state_dict(state)
    network.eval()

    def run(images):
        x = (images.astype(np.float32) / 255 - MEAN) / STD
        with torch.no_grad():
            return network(torch.from_numpy(x).permute(0, 3, 1, 2)).numpy()

    return run


RUNTIMES = {
    "onnxruntime": onnx_runtime,
    "TensorFlow": tensorflow,
    "PyTorch": pytorch,
}

for folder in sorted(path for path in Path(sys.argv[1]).iterdir() if path.is_dir()):
    for runtime, open_model in RUNTIMES.items():
        run = open_model(folder)
        for file in sorted(folder.glob("set-*.safetensors")):
            tensors = load_file(file)
            found = run(tensors["images"])
            expected = tensors["features"]
            assert found.shape == expected.shape, (found.shape, expected.shape)
            line = {
                "network": folder.name,
                "images": file.stem.removeprefix("set-"),
                "runtime": runtime,
                "difference": float(np.abs(found - expected).max()),
                "largest": float(np.abs(expected).max()),
            }
            print(json.dumps(line), flush=True)
