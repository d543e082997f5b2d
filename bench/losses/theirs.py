"""Losses and targets of lightly and solo-learn on the inputs of fixtures.

    python theirs.py ../../tests/fixtures/methods.json [--solo-learn FOLDER] [--luckmatters FOLDER]

The folders are clones of github.com/vturrisi/solo-learn, for what its package on
PyPI is without, and of github.com/facebookresearch/luckmatters. Prints, for each method and library, the loss, its gradients and what was called.
All in float64.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import subprocess
import sys
import types
from pathlib import Path

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
sys.path.insert(0, str(Path(__file__).parents[1] / "speed" / "theirs"))
import vision  # before lightly

from lightly import loss as lightly
from lightly.loss.dcl_loss import DCLWLoss
from lightly.loss.lejepa_loss import lejepa_invariance_loss
from lightly.loss.wmse_loss import Whitening2d, norm_mse_loss
from lightly.models import utils
from lightly.models.modules import NNMemoryBankModule

_parser = argparse.ArgumentParser()
_parser.add_argument("fixtures", type=Path)
_parser.add_argument("--solo-learn", type=Path)
_parser.add_argument("--luckmatters", type=Path)
ARGS = _parser.parse_args()


def read(name, path):
    """A module by its file, under another name."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Its package imports all of its trainers; its losses need PyTorch alone.
_folder = importlib.util.find_spec("solo").submodule_search_locations[0]
_package = types.ModuleType("solo")
_package.__path__ = [_folder]
sys.modules["solo"] = _package
import solo.losses as solo

_sinkhorn = read("sinkhorn", f"{_folder}/utils/sinkhorn_knopp.py")

LIGHTLY = f"lightly {importlib.metadata.version('lightly')}"
SOLO = f"solo-learn {importlib.metadata.version('solo-learn')}"

CASES = []


def case(method, library, calls, relation=""):
    """Registers how a library computes the loss of a method."""

    def add(body):
        CASES.append((method, library, calls, relation, body))
        return body

    return add


def from_clone(method, folder, name, calls, relation=""):
    """The same of a clone, where there is one."""
    if folder is None:
        return lambda body: body
    head = ["git", "-C", str(folder), "rev-parse", "--short=7", "HEAD"]
    commit = subprocess.run(head, check=True, capture_output=True, text=True).stdout.strip()
    return case(method, f"{name} at {commit}", calls, relation)


def both(f, left, right):
    return f(left[0], right[1]), f(left[1], right[0])


def listed(x, name):
    return [x[key] for key in sorted(x) if key[:-1] == name and key[-1].isdigit()]


def unit(x):
    return F.normalize(x, dim=1)


@case("simsiam", LIGHTLY, "NegativeCosineSimilarity")
def _(x, _f):
    return sum(both(lightly.NegativeCosineSimilarity(), listed(x, "p"), listed(x, "z"))) / 2


@case("simsiam", SOLO, "simsiam_loss_func")
def _(x, _f):
    return sum(both(solo.simsiam_loss_func, listed(x, "p"), listed(x, "z"))) / 2


@case("byol", LIGHTLY, "NegativeCosineSimilarity", "4 + 4 x theirs, the mean of both directions")
def _(x, _f):
    return 4 + 2 * sum(both(lightly.NegativeCosineSimilarity(), listed(x, "p"), listed(x, "z")))


@case("byol", SOLO, "byol_loss_func")
def _(x, _f):
    return sum(both(solo.byol_loss_func, listed(x, "p"), listed(x, "z")))


@case("simclr", LIGHTLY, "NTXentLoss")
def _(x, _f):
    return lightly.NTXentLoss(0.2)(x["z0"], x["z1"])


@case("simclr", SOLO, "simclr_loss_func")
def _(x, _f):
    return solo.simclr_loss_func(x["z0"], x["z1"], 0.2)


@case("barlow_twins", LIGHTLY, "BarlowTwinsLoss")
def _(x, _f):
    return lightly.BarlowTwinsLoss(0.005)(x["z0"], x["z1"])


@case("barlow_twins", SOLO, "barlow_loss_func", "40 x theirs: `scale_loss` is 0.025")
def _(x, _f):
    return 40 * solo.barlow_loss_func(x["z0"], x["z1"], 0.005)


@case("vicreg", LIGHTLY, "VICRegLoss")
def _(x, _f):
    return lightly.VICRegLoss()(x["z0"], x["z1"])


@case("vicreg", SOLO, "vicreg_loss_func", "theirs with half the weight of variance: it adds both sides up, the authors' code takes their mean")
def _(x, _f):
    return solo.vicreg_loss_func(x["z0"], x["z1"], var_loss_weight=12.5)


@case("moco", LIGHTLY, "NTXentLoss with a memory bank")
def _(x, _f):
    loss = lightly.NTXentLoss(0.2, memory_bank_size=tuple(x["bank"].shape))
    loss.memory_bank.bank = x["bank"]
    return loss(x["q0"], x["k0"])


@case("moco", SOLO, "moco_loss_func")
def _(x, _f):
    return solo.moco_loss_func(unit(x["q0"]), unit(x["k0"]), x["bank"].T, 0.2)


@case("nnclr", f"{LIGHTLY}, {SOLO}", "NNMemoryBankModule, nnclr_loss_func")
def _(x, _f):
    bank = NNMemoryBankModule(size=tuple(x["bank"].shape))
    bank.bank = x["bank"]
    near = [bank(z) for z in listed(x, "z")]
    return sum(both(lambda n, p: solo.nnclr_loss_func(n, p, 0.2), near, listed(x, "p"))) / 2


@case("moco_v3", SOLO, "nnclr_loss_func, of queries and keys", "0.8 x theirs, the mean of both directions: `2 tau` of the authors' code")
def _(x, _f):
    terms = both(lambda q, k: solo.nnclr_loss_func(q, k, 0.2), listed(x, "q"), listed(x, "k"))
    return 0.4 * sum(terms)


@case("supcon", SOLO, "simclr_loss_func with labels' positives")
def _(x, fixture):
    labels = torch.tensor(fixture["labels"]).repeat(2)
    same = (labels[:, None] == labels).fill_diagonal_(False)
    return solo.simclr_loss_func(x["z0"], x["z1"], 0.1, same)


@case("fastsiam", LIGHTLY, "NegativeCosineSimilarity, as its FastSiam")
def _(x, _f):
    p, z = listed(x, "p"), listed(x, "z")
    terms = []
    for i, one in enumerate(p):
        others = torch.stack([z[j] for j in range(len(z)) if j != i])
        terms.append(lightly.NegativeCosineSimilarity()(one, others.mean(0)))
    return sum(terms) / len(terms)


@case("dino", LIGHTLY, "DINOLoss")
def _(x, _f):
    loss = lightly.DINOLoss(output_dim=x["centre"].shape[0], teacher_temp=0.04)
    loss.center = x["centre"][None, None]
    return loss(listed(x, "t"), listed(x, "s")), loss.center


@case("dino", SOLO, "DINOLoss")
def _(x, _f):
    loss = solo.DINOLoss(x["centre"].shape[0], 0.04, 0.04, 1, 1, num_large_crops=len(listed(x, "s")))
    loss.center = x["centre"][None]
    value = loss(torch.cat(listed(x, "s")), torch.cat(listed(x, "t")))
    return value, loss.center


@case("ibot", LIGHTLY, "DINOLoss + IBOTPatchLoss")
def _(x, fixture):
    classes = lightly.DINOLoss(output_dim=x["centre"].shape[0], teacher_temp=0.04)
    classes.center = x["centre"][None, None]
    patches = lightly.IBOTPatchLoss(output_dim=x["middle"].shape[0], teacher_temp=0.07)
    patches.center.center = x["middle"][None]
    p, q = torch.cat(listed(x, "p")), torch.cat(listed(x, "q"))
    mask = torch.zeros(p.shape[:2], dtype=torch.bool)
    for i, places in enumerate(places for view in fixture["asked"] for places in view):
        mask[i, places] = True
    square = mask.reshape(len(mask), 2, -1)
    of_patches = patches(q[mask], p[mask], square)
    return classes(listed(x, "t"), listed(x, "s")) + of_patches, patches.center.value


@case("swav", LIGHTLY, "SwaVLoss, with a queue")
def _(x, _f):
    p = listed(x, "p")
    return lightly.SwaVLoss(0.1, 3, 0.05)(p[:2], p[2:], listed(x, "bank")).squeeze()


@case("swav", SOLO, "SinkhornKnopp, swav_loss_func with every crop's assignments", "theirs, of the two large crops' assignments alone")
def _(x, _f):
    p, bank = listed(x, "p"), listed(x, "bank")
    sinkhorn = _sinkhorn.SinkhornKnopp(3, 0.05)
    q = [sinkhorn(torch.cat(pair))[: len(pair[0])] for pair in zip(p, bank)]
    # It pairs each assignment with all other crops; the small crop has none.
    nothing = torch.zeros_like(p[2])
    terms = len(p) * (len(p) - 1)
    return solo.swav_loss_func(p, [*q, nothing]) * terms / (terms - 2)


@case("msn", LIGHTLY, "MSNLoss", "theirs, of rows whose cosines with the prototypes are these scores")
def _(x, _f):
    # Rows of length 1 whose cosines with the axes are these scores, made small.
    small = 0.1

    def rows(scores):
        along = small * scores
        rest = (1 - (along**2).sum(1, keepdim=True)).sqrt()
        return torch.cat([along, rest], 1)

    prototypes = torch.eye(x["t0"].shape[1], x["t0"].shape[1] + 1)
    anchors = torch.cat([rows(s) for s in listed(x, "s")])
    return lightly.MSNLoss(0.1 * small)(anchors, rows(x["t0"]), prototypes, 0.25)


@case("dcl", LIGHTLY, "DCLLoss")
def _(x, _f):
    return lightly.DCLLoss(0.1)(x["z0"], x["z1"])


@case("dclw", LIGHTLY, "DCLWLoss")
def _(x, _f):
    return DCLWLoss(0.1)(x["z0"], x["z1"])


@case("tico", LIGHTLY, "TiCoLoss of both directions at once", "theirs - 1: minus the cosine in the place of 1 less it")
def _(x, _f):
    loss = lightly.TiCoLoss(0.9, 8.0)
    loss.C = x["old"]
    z, t = listed(x, "z"), listed(x, "t")
    return loss(torch.cat(z), torch.cat([t[1], t[0]])) - 1


@case("ressl", SOLO, "ressl_loss_func")
def _(x, _f):
    return solo.ressl_loss_func(unit(x["z0"]), unit(x["t0"]), x["bank"], 0.1, 0.04)


@case("lejepa", LIGHTLY, "SIGReg with given directions, lejepa_invariance_loss")
def _(x, _f):
    sigreg = lightly.SIGReg()
    t = torch.linspace(0, 3, 17)
    sigreg.t, sigreg.phi = t, torch.exp(-t.square() / 2)
    sigreg.weights = torch.full((17,), 6 / 16).index_fill_(0, torch.tensor([0, 16]), 3 / 16) * sigreg.phi
    z = listed(x, "z")
    terms = []
    for one, drawn in zip(z, listed(x, "drawn")):
        sigreg._generate_unit_vectors = lambda *_, d=drawn: d / d.norm(dim=0)
        terms.append(sigreg(one))
    views = torch.stack(z)
    agree = lejepa_invariance_loss(all_proj=views, global_proj=views)
    return 0.02 * sum(terms) / len(terms) + 0.98 * agree


def whitened(x, whitening):
    return [torch.cat([whitening(part) for part in one.split(8)]) for one in listed(x, "z")]


@case("w_mse", LIGHTLY, "Whitening2d, norm_mse_loss")
def _(x, _f):
    whitening = Whitening2d(x["z0"].shape[1], eps=1e-5, track_running_stats=False)
    return norm_mse_loss(*whitened(x, whitening))


@case("w_mse", f"{LIGHTLY}, {SOLO}", "Whitening2d, wmse_loss_func(simplified=False)", "theirs; by default it cuts the second side's gradient")
def _(x, _f):
    whitening = Whitening2d(x["z0"].shape[1], eps=1e-5, track_running_stats=False)
    return solo.wmse_loss_func(*whitened(x, whitening), simplified=False)


def on_one_device(clone):
    """Sources of solo-learn, of which what they call on several devices is taken away."""
    sys.modules["solo.utils"] = types.ModuleType("solo.utils")
    misc = sys.modules["solo.utils.misc"] = types.ModuleType("solo.utils.misc")
    misc.gather = lambda rows: rows
    misc.get_rank = lambda: 0
    return clone / "solo"


@from_clone("supcon_in", ARGS.solo_learn, "solo-learn", "simclr_loss_func of targets", "theirs + the mean of log positives: theirs is the log of their sum")
def _(x, fixture):
    loss = read("simclr", on_one_device(ARGS.solo_learn) / "losses" / "simclr.py").simclr_loss_func
    labels = torch.tensor(fixture["labels"]).repeat(2)
    counts = (labels[:, None] == labels).sum(1) - 1
    return loss(torch.cat(listed(x, "z")), labels, 0.1) + counts.log().mean()


@from_clone("vibcreg", ARGS.solo_learn, "solo-learn", "IterNorm(affine=False), vibcreg_loss_func", "theirs with half the weight of variance: it adds both sides up")
def _(x, _f):
    source = on_one_device(ARGS.solo_learn)
    sys.modules["solo.losses.vicreg"] = read("vicreg", source / "losses" / "vicreg.py")
    loss = read("vibcreg", source / "losses" / "vibcreg.py").vibcreg_loss_func
    iter_norm = read("whitening", source / "utils" / "whitening.py").IterNorm
    z = [iter_norm(x["z0"].shape[1], num_groups=2, affine=False)(one) for one in listed(x, "z")]
    return loss(*z, sim_loss_weight=1, var_loss_weight=0.5, cov_loss_weight=8)


@from_clone("direct_pred", ARGS.luckmatters, "luckmatters", "BYOLTrainer.compute_w_corr (boost_scale), regression_loss", "2 + theirs, the mean of both directions; theirs sets the predictor for the step after, ours for this one")
def _(x, _f):
    # Its file asks for what it trains with; the formulas need PyTorch alone.
    for name, what in (("torch.utils.tensorboard", "SummaryWriter"), ("utils", "_create_model_training_folder")):
        sys.modules[name] = types.ModuleType(name)
        setattr(sys.modules[name], what, None)
    # PyTorch is without it by now: real values, as a column beside imaginary ones.
    def eig(matrix, eigenvectors):
        values, vectors = torch.linalg.eigh(matrix)
        return torch.stack([values, torch.zeros_like(values)], 1), vectors

    torch.eig = eig
    module = read("byol_trainer", ARGS.luckmatters / "ssl" / "real-dataset" / "byol_trainer.py")
    trainer = object.__new__(module.BYOLTrainer)
    trainer.balance_type, trainer.dyn_convert, trainer.dyn_eps = "boost_scale", 2, 0.1
    trainer.corr_eigen_decomp, trainer.dyn_eps_inside, trainer.dyn_reg = True, False, None
    trainer.predictor_signaling_2 = True
    moving = module.Accumulator(dyn_lambda=0.3)
    moving.cumulated = x["old"]
    z = listed(x, "z")
    rows = [one.detach() for one in z]
    moving.add_list([torch.bmm(one.unsqueeze(2), one.unsqueeze(1)) for one in rows])
    w = trainer.compute_w_corr(moving.get())
    return 2 + sum(trainer.regression_loss(p, t).mean() for p, t in zip([z[0] @ w.T, z[1] @ w.T], listed(x, "t")[::-1])) / 2


def mmcr(x, _f):
    online, momentum = (unit(one)[:, None] for one in listed(x, "z"))
    return lightly.MMCRLoss(lmda=0)(online, momentum)


case("mmcr", LIGHTLY, "MMCRLoss(lmda=0) of rows of length 1")(mmcr)
case("mmcr_tall", LIGHTLY, "MMCRLoss(lmda=0) of rows of length 1")(mmcr)


def hidden(x, fixture):
    patches = utils.patchify(x["images"].permute(0, 3, 1, 2), 4)
    return utils.get_at_index(patches, torch.tensor(fixture["hidden"]))


@case("mae", LIGHTLY, "patchify, normalize_mean_var, get_at_index; PyTorch's mse_loss")
def _(x, fixture):
    return F.mse_loss(x["d"], utils.normalize_mean_var(hidden(x, fixture)))


@case("simmim", LIGHTLY, "patchify, get_at_index; PyTorch's l1_loss")
def _(x, fixture):
    return F.l1_loss(x["d"], hidden(x, fixture))


@case("ijepa", LIGHTLY, "apply_masks; PyTorch's layer_norm and smooth_l1_loss")
def _(x, fixture):
    goal = F.layer_norm(x["t"], x["t"].shape[-1:])
    masks = [torch.tensor(asked) for asked in fixture["asked"]]
    return F.smooth_l1_loss(torch.cat(listed(x, "p")), utils.apply_masks(goal, masks))


@case("supervised", f"PyTorch {torch.__version__.split('+')[0]}", "cross_entropy")
def _(x, fixture):
    labels = torch.tensor(fixture["labels"])
    return sum(F.cross_entropy(one, labels) for one in listed(x, "x")) / 2


def main():
    fixtures = json.loads(ARGS.fixtures.read_text())
    found = []
    for method, library, calls, relation, body in CASES:
        fixture = fixtures[method]
        x = {
            key: torch.tensor(one["data"]).reshape(one["shape"])
            for key, one in fixture["inputs"].items()
        }
        trained = list(fixture["gradients"])
        for key in trained:
            x[key].requires_grad_(True)
        loss, *centre = out if isinstance(out := body(x, fixture), tuple) else (out,)
        gradients = torch.autograd.grad(loss, [x[key] for key in trained])
        found.append({
            "method": method,
            "library": library,
            "calls": calls,
            "relation": relation,
            "loss": loss.item(),
            "gradients": {k: g.reshape(-1).tolist() for k, g in zip(trained, gradients)},
            **({"centre": centre[0].detach().reshape(-1).tolist()} if centre else {}),
        })
    print(json.dumps(found))


main()
