"""Weighted k-nearest neighbours (Wu et al. 2018, arXiv:1805.01978, section 3.4)."""

import torch
import torch.nn.functional as F

K = 200
TEMPERATURE = 0.1
CHUNK = 500


@torch.no_grad()
def knn_accuracy(bank, bank_labels, queries, labels, classes):
    """Share of queries whose class has most votes, in 0..1.

    The K rows of the bank nearest by cosine similarity vote, each with
    exp(similarity / TEMPERATURE).
    """
    bank = F.normalize(bank, dim=1)
    right = 0
    for rows, truth in zip(queries.split(CHUNK), labels.split(CHUNK)):
        similarity = F.normalize(rows, dim=1) @ bank.T
        values, nearest = similarity.topk(min(K, len(bank)), dim=1)
        votes = torch.zeros(len(rows), classes)
        votes.scatter_add_(1, bank_labels[nearest], (values / TEMPERATURE).exp())
        right += (votes.argmax(dim=1) == truth).sum().item()
    return right / len(queries)
