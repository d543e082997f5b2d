"""Says how scikit-learn's logistic regression does on features: sklearn_probe.py FOLDER C...

FOLDER holds train.npy and test.npy, and their labels as train_labels.npy and
test_labels.npy. A line of JSON for each C: accuracy on the test rows, seconds.
"""

import json
import sys
import time

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

folder, penalties = sys.argv[1], [float(c) for c in sys.argv[2:]]
train, test, train_labels, test_labels = (
    np.load(f"{folder}/{name}.npy").astype("f8")
    for name in ["train", "test", "train_labels", "test_labels"]
)
# Where the matrix is small, Newton's method, which ends where the gradient does:
# L-BFGS ends before, with a penalty as weak as is often chosen, and not always on
# the same side of a test image.
narrow = train.shape[1] <= 256
solver, tol = ("newton-cholesky", 1e-8) if narrow else ("lbfgs", 1e-5)
scaler = StandardScaler().fit(train)
train, test = scaler.transform(train), scaler.transform(test)
for c in penalties:
    start = time.time()
    model = LogisticRegression(C=c, solver=solver, tol=tol, max_iter=20_000)
    accuracy = model.fit(train, train_labels).score(test, test_labels)
    seconds = time.time() - start
    print(json.dumps({"c": c, "accuracy": accuracy, "seconds": seconds}), flush=True)
