"""What TensorBoard and an MLflow server hold of a run, beside its metrics.jsonl.

check.py RUN URL. Prints a line of JSON for each kind of thing: how many there
are, and how many are not as the run has them.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
from mlflow.tracking import MlflowClient
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

run, url = Path(sys.argv[1]), sys.argv[2]
lines = [json.loads(line) for line in (run / "metrics.jsonl").open()]
summary = json.loads((run / "summary.json").read_text())
spectra = [json.loads(line) for line in (run / "spectrum.jsonl").open()]
keys = list(dict.fromkeys(key for line in lines for key in line if key != "step"))


def tell(reader, what, count, wrong):
    print(json.dumps({"reader": reader, "what": what, "count": count, "wrong": wrong}), flush=True)


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


def series(key):
    return [
        (line["step"], math.nan if line[key] is None else line[key])
        for line in lines
        if key in line
    ]


def differing(expected, found):
    wrong = abs(len(expected) - len(found))
    return wrong + sum(
        e[0] != f[0] or not same(e[1], f[1]) for e, f in zip(expected, found)
    )


everything = {"scalars": 0, "histograms": 0, "images": 0, "tensors": 0}
events = EventAccumulator(str(run), size_guidance=everything)
events.Reload()
count = wrong = 0
for key in keys:
    if key == "seconds":
        continue
    expected = [(step, float(np.float32(value))) for step, value in series(key)]
    found = [(e.step, e.value) for e in events.Scalars(key.replace(":", "/", 1))]
    count += len(found)
    wrong += differing(expected, found)
tell("TensorBoard", "scalars", count, wrong)

found = events.Histograms("log10 of eigenvalues/covariance")
wrong = abs(len(found) - len(spectra))
for event, spectrum in zip(found, spectra):
    histogram = event.histogram_value
    largest = math.log10(max(spectrum["covariance"]))
    wrong += event.step != spectrum["step"]
    wrong += histogram.num != len(spectrum["covariance"])
    # The file has five digits.
    wrong += abs(histogram.max - largest) > 1e-4
tell("TensorBoard", "histograms of spectra", len(found), wrong)

found = events.Images("views/views")
steps = [event.step for event in found]
png = b"\x89PNG\r\n\x1a\n"
wrong = sum(not event.encoded_image_string.startswith(png) for event in found)
tell("TensorBoard", "images of views", len(found), wrong + (steps != sorted(set(steps))))

client = MlflowClient(url)
run_id = json.loads((run / "mlflow.json").read_text())["run_id"]
held = client.get_run(run_id)
count = wrong = 0
# Steps that were told before the kill were done in other seconds.
for key in keys:
    if key == "seconds":
        continue
    history = client.get_metric_history(run_id, key.replace(":", "."))
    found = [(metric.step, metric.value) for metric in sorted(history, key=lambda m: m.step)]
    count += len(found)
    wrong += differing(series(key), found)
tell("MLflow", "metrics", count, wrong)


def flat(value, path=""):
    if isinstance(value, dict):
        for key, below in value.items():
            yield from flat(below, f"{path}.{key}" if path else key)
    else:
        text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        yield path, text


settings = json.loads((run / "run.json").read_text())["pipeline"]
# Longer values are cut.
expected = {
    key: text if len(text) <= 500 else text[:499] + "…"
    for key, text in flat(settings)
    if not key.startswith("track.")
}
wrong = sum(held.data.params.get(key) != text for key, text in expected.items())
tell("MLflow", "parameters", len(held.data.params), wrong + abs(len(expected) - len(held.data.params)))

ends = [
    held.info.status == "FINISHED",
    held.data.tags.get("verdict") == summary["verdict"],
    held.data.metrics.get("knn") == summary["knn"],
    held.data.metrics.get("linear") == summary["linear"],
]
tell("MLflow", "status, verdict and scores", len(ends), ends.count(False))
