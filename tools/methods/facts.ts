/** @file What cannot be read off a pipeline: when a method is the one to take, and how it fails. */

/** An accuracy that somebody published. */
export interface Published {
  /** Data, network, epochs and how it was judged. */
  readonly what: string;
  /** In per cent. */
  readonly value: number;
  readonly source: string;
}

/** Of one method. */
export interface Facts {
  /** Its name; that of the file's first line when absent. */
  readonly title?: string;
  /** What keeps it from collapsing. */
  readonly holds: string;
  readonly choose: string;
  readonly fails: readonly string[];
  readonly published: readonly Published[];
}

const SOLO = "README of github.com/vturrisi/solo-learn";
const LIGHTLY = "benchmarks of github.com/lightly-ai/lightly";

/** The one protocol that most of them share; a column of the table. */
export const CIFAR =
  "CIFAR-10, ResNet-18, 1000 epochs, online linear classifier";

const cifar = (value: number): Published => ({
  what: CIFAR,
  value,
  source: SOLO,
});

const imagenet = (
  how: string,
  value: number,
  source: string,
): Published => ({ what: `ImageNet, ${how}`, value, source });

const BATCH =
  "Few negatives: with a small batch the task is easy, and features stay coarse. Take a larger batch, or a method with a queue.";

/** By the name of the file. */
export const FACTS: Readonly<Record<string, Facts>> = {
  barlow_twins: {
    holds:
      "The cross-correlation of the features of two views is pulled to the identity: each feature agrees with itself and with no other, which a constant cannot do.",
    choose:
      "Small batches, no twin, no queue: two passes through the network and one matrix. It gains from a projector that is wider than the encoder's output.",
    fails: [
      "A narrow projector: there is little redundancy to take away.",
      "Without the redundancy term (`lambda: 0`) all features may tell the same: 57.3 % in place of 71.4 % (table 5 of the paper).",
      "With many features and few images in a batch the correlations are noise.",
    ],
    published: [
      cifar(92.10),
      imagenet(
        "ResNet-50, 1000 epochs, linear",
        73.3,
        "README of github.com/facebookresearch/barlowtwins, before June 2021",
      ),
    ],
  },
  byol: {
    holds:
      "A predictor on the online side, and a target that moves slowly and gets no gradient.",
    choose:
      "Accuracy without negatives: batches can be small. It costs a second pass through the twin, and a memory for its weights.",
    fails: [
      "A target that follows at once (`ema: 0`), or no predictor: 0.3 and 0.2 % on ImageNet (table 5 of the paper).",
      "A rate that is too high: the loss falls to nearly 0 within an epoch, and features are alike.",
      "The scale of the loss: 2 - 2 cos in both directions has four times the gradient of a mean of -cos.",
    ],
    published: [
      cifar(92.58),
      imagenet(
        "ResNet-50, 300 epochs, linear",
        72.5,
        "Grill et al. 2020, arXiv:2006.07733, table 5",
      ),
      imagenet(
        "ResNet-50, 1000 epochs, linear",
        74.4,
        "README of github.com/google-deepmind/deepmind-research, byol",
      ),
    ],
  },
  byol_gn: {
    title: "BYOL with group norm",
    holds:
      "The same as BYOL's: a predictor, and a target that moves slowly. No image's features depend on the others in its batch.",
    choose:
      "An encoder for batches so small that their statistics are noise, or for data whose batches are not alike.",
    fails: [
      "Without any batch norm, in the heads neither: it collapses here within 100 steps, and the monitors say so. On ImageNet it is 0.1 % without any norm and 73.9 % with group norm everywhere (Richemond et al. 2020).",
    ],
    published: [
      imagenet(
        "ResNet-50, 1000 epochs, linear, group norm in the heads too",
        73.9,
        "Richemond et al. 2020, arXiv:2010.10241",
      ),
    ],
  },
  dcl: {
    title: "DCL",
    holds: "Negatives, all other images of the batch.",
    choose:
      "SimCLR's simplicity with batches of 256 and less: the positive is not in the denominator, so its gradient does not vanish as it gets easy.",
    fails: [
      BATCH,
      "Images of the same kind in a batch are pushed apart like any others.",
    ],
    published: [
      {
        what: "CIFAR-10, ResNet-18, batch 128, 200 epochs, kNN",
        value: 84.4,
        source: LIGHTLY,
      },
      imagenet("ResNet-50, batch 256, 100 epochs, linear", 65.1, LIGHTLY),
    ],
  },
  dclw: {
    title: "DCLW",
    holds: "Negatives, all other images of the batch.",
    choose:
      "DCL where views differ much from image to image: pairs that are far apart count more. With lightly it is a point below DCL on CIFAR-10 and half a point on ImageNet: take DCL first.",
    fails: [
      BATCH,
      "A sigma that is too small: the pair that agrees most gets a weight below 0, and is pushed apart.",
    ],
    published: [
      {
        what: "CIFAR-10, ResNet-18, batch 128, 200 epochs, kNN",
        value: 83.3,
        source: LIGHTLY,
      },
      imagenet("ResNet-50, batch 256, 100 epochs, linear", 64.5, LIGHTLY),
    ],
  },
  dino: {
    title: "DINO",
    holds:
      "Two forces together: centring keeps one prototype from winning always, sharpening keeps the scores from becoming uniform. The teacher is an EMA twin without a gradient.",
    choose:
      "Vision transformers, features that are used by kNN as they are, and maps of attention that follow objects. It needs long runs and many small crops.",
    fails: [
      "Without centring: one prototype takes all (`prototype_use`); without sharpening: all prototypes alike, the loss stays at ln(prototypes) (`target_entropy`).",
      "A teacher that is too sharp at first (a temperature above 0.07 was unstable): warm it up.",
      "Without a momentum teacher: 0.1 % (table of ablations of the paper).",
    ],
    published: [
      cifar(89.52),
      imagenet(
        "ViT-S/16, 100 epochs, kNN",
        69.3,
        "README of github.com/facebookresearch/dino",
      ),
      imagenet(
        "ViT-S/16, 100 epochs, linear",
        74.0,
        "README of github.com/facebookresearch/dino",
      ),
    ],
  },
  direct_pred: {
    title: "DirectPred",
    holds:
      "A predictor that is set from the spectrum of what it reads, and a target without a gradient.",
    choose:
      "To understand what a predictor does, or to have one that needs no rate of its own.",
    fails: [
      "Too few rows for the moving spectrum: directions appear and go with the batch.",
      "As in BYOL: a target that follows at once.",
    ],
    published: [
      {
        what: "CIFAR-10, ResNet-18, 500 epochs, linear",
        value: 89.5,
        source: "Tian et al. 2021, arXiv:2102.06810, table 8",
      },
      imagenet(
        "ResNet-50, 300 epochs, linear",
        72.4,
        "Tian et al. 2021, arXiv:2102.06810, table 9",
      ),
    ],
  },
  fastsiam: {
    title: "FastSiam",
    holds: "A predictor on one side and a stop-gradient on the other.",
    choose:
      "Small batches and few epochs, on one small GPU: the mean of three views is a steadier target than one. Each image costs four passes.",
    fails: [
      "As SimSiam: without the stop-gradient or the predictor it collapses.",
      "Large batches: lightly has 90.6 % at a batch of 128 and 78.8 % at 512 after 200 epochs of CIFAR-10.",
    ],
    published: [{
      what: "CIFAR-10, ResNet-18, batch 128, 200 epochs, kNN",
      value: 90.6,
      source: LIGHTLY,
    }],
  },
  ibot: {
    title: "iBOT",
    holds:
      "The teacher's scores are centred and sharpened, of class tokens and of patches, each with a centre of its own.",
    choose:
      "Vision transformers whose patches are wanted too: for segmentation, correspondence, retrieval of parts. It costs a pass through the head for each hidden patch.",
    fails: [
      "The teacher's temperature above 0.07: training becomes unstable (the authors' `--help`).",
      "Without centring one prototype wins for all patches; without sharpening they become uniform: see `prototype_use` and `target_entropy`.",
      "A momentum for large batches with a small one: the authors take 0.9995 for batches of 256.",
    ],
    published: [
      imagenet(
        "ViT-S/16, 800 epochs, kNN",
        75.2,
        "README of github.com/bytedance/ibot",
      ),
      imagenet(
        "ViT-S/16, 800 epochs, linear",
        77.9,
        "README of github.com/bytedance/ibot",
      ),
    ],
  },
  ijepa: {
    title: "I-JEPA",
    holds:
      "A teacher that is an EMA twin without a gradient, and a predictor between it and the context.",
    choose:
      "Vision transformers where hand-made augmentations do not fit the images: it has none of colour. Targets are features, not pixels, so that less of the network goes into detail.",
    fails: [
      "Blocks that are too small or too near: they can be filled in from their neighbours, and little is learnt.",
      "The loss falls in a collapse, too: look at the spread of the teacher's tokens (`target_spread`).",
    ],
    published: [
      imagenet(
        "ViT-B/16, 600 epochs, linear",
        72.9,
        "Assran et al. 2023, arXiv:2301.08243, table 1",
      ),
      imagenet(
        "ViT-H/14, 300 epochs, linear",
        79.3,
        "Assran et al. 2023, arXiv:2301.08243, table 1",
      ),
    ],
  },
  lejepa: {
    title: "LeJEPA",
    holds:
      "Embeddings of a batch, seen along random directions, are pulled to a standard normal.",
    choose:
      "One loss with one weight in place of twin, stop-gradient, predictor and schedules.",
    fails: [
      "A weight of the second loss that is too small: views agree and all embeddings shrink.",
      "Few rows in a batch: a test of normality has little to see.",
    ],
    published: [
      imagenet(
        "ViT-S/16, 100 epochs, linear",
        64.0,
        `${LIGHTLY}, before its loss took the large views in, too`,
      ),
    ],
  },
  mae: {
    title: "MAE",
    holds: "The target is the image: there is nothing to collapse to.",
    choose:
      "Vision transformers that are fine-tuned afterwards: the encoder sees a quarter of the patches, which makes steps cheap. Features as they are (kNN, linear) are weaker than those of methods with views.",
    fails: [
      "Too low a ratio: patches are filled in from their neighbours.",
      "For its first hundreds of steps it predicts the mean patch, and nothing is `explained`; a run that stays there learns nothing.",
      "Judged by kNN or a linear probe it looks worse than it is.",
      "Images without texture (scans, drawings): the mean is a good guess of a patch.",
    ],
    published: [
      imagenet(
        "ViT-B/16, 1600 epochs, fine-tuned",
        83.6,
        "FINETUNE.md of github.com/facebookresearch/mae",
      ),
      imagenet(
        "ViT-B/16, 1600 epochs, linear",
        67.8,
        "FINETUNE.md of github.com/facebookresearch/mae",
      ),
    ],
  },
  mmcr: {
    title: "MMCR",
    holds:
      "The sum of the singular values of the images' centroids is large only if views agree and images differ.",
    choose:
      "Several views of each image: the more, the better the centroid. Neither pairs nor negatives have to be chosen.",
    fails: [
      "A batch that is smaller than the embedding: there are fewer singular values than features to spread over.",
      "Singular values cost the third power of the smaller side.",
    ],
    published: [
      imagenet(
        "ResNet-50, 100 epochs, 8 views, linear",
        71.5,
        "Zhang et al. 2025, arXiv:2506.13717, beside their own",
      ),
    ],
  },
  moco: {
    title: "MoCo",
    holds: "Negatives, in a queue of earlier batches.",
    choose:
      "Contrastive learning with a small batch: the queue has thousands of negatives for the price of a matrix. The momentum encoder keeps its old keys fit to compare with.",
    fails: [
      "A momentum that is too low: keys of the queue are of another encoder than those of now.",
      "A queue that is larger than the data: the image's own old key is among its negatives.",
      "The loss stays near ln(1 + queue): nothing is told apart; lower the rate or warm up.",
    ],
    published: [
      cifar(92.94),
      imagenet(
        "ResNet-50, 200 epochs, linear",
        67.5,
        "README of github.com/facebookresearch/moco",
      ),
    ],
  },
  moco_v3: {
    title: "MoCo v3",
    holds: "Negatives, the keys of the batch, made by a momentum encoder.",
    choose:
      "Contrastive learning with large batches, of convolutional networks and vision transformers.",
    fails: [
      BATCH,
      "Vision transformers: sudden dips of accuracy; the paper freezes the patch projection.",
    ],
    published: [
      cifar(93.10),
      imagenet(
        "ResNet-50, 100 epochs, linear",
        68.9,
        "CONFIG.md of github.com/facebookresearch/moco-v3",
      ),
    ],
  },
  msn: {
    title: "MSN",
    holds:
      "Targets are sharpened, so that they do not become uniform, and balanced; and the mean assignment of the batch is kept near uniform, so that one prototype does not win.",
    choose:
      "Few labels for each class; long runs, which are cheaper: the student does not see all patches.",
    fails: [
      "Classes of very different size: prototypes that are used alike cut large ones into pieces (Assran et al. 2022, arXiv:2210.07277).",
      "Without the mean-entropy term and without balance one prototype wins: see `prototype_use`.",
      "As many patches left out of a small network as of a large one: it has too little left to see.",
    ],
    published: [
      imagenet(
        "ViT-B/4, linear on 1 % of the labels",
        75.7,
        "Assran et al. 2022, arXiv:2204.07141, abstract",
      ),
    ],
  },
  nnclr: {
    title: "NNCLR",
    holds: "Negatives, the predictions of the other images of the batch.",
    choose:
      "Weak augmentations: the positive is another image that is near, so that what views share matters less.",
    fails: [
      "Early on neighbours are chance: a queue of thousands and some epochs are needed.",
      BATCH,
    ],
    published: [cifar(91.88)],
  },
  ressl: {
    title: "ReSSL",
    holds:
      "The teacher's relations are sharper than the student's, and come from a weak view and a queue.",
    choose:
      "Where other images are likely to be of the same kind: no image is called a negative, relations are only to be kept.",
    fails: [
      "A teacher's temperature at or above the student's: all relations become uniform.",
      "A strong augmentation for the teacher: its relations are noise.",
    ],
    published: [
      cifar(90.63),
      imagenet(
        "ResNet-50, 200 epochs, linear",
        69.9,
        "README of github.com/KyleZheng1997/ReSSL",
      ),
    ],
  },
  simclr: {
    title: "SimCLR",
    holds: "Negatives, all other images of the batch.",
    choose:
      "The baseline: one network, one loss, nothing that moves by itself. Take it where batches of 256 and more fit.",
    fails: [
      BATCH,
      "A temperature that is too low looks at the nearest negatives alone, one that is too high at none in particular.",
      "Images of the same kind in a batch are pushed apart like any others.",
    ],
    published: [
      cifar(90.74),
      imagenet(
        "ResNet-50, 1000 epochs, linear",
        69.3,
        "Chen et al. 2020, arXiv:2002.05709, table 6",
      ),
    ],
  },
  simmim: {
    title: "SimMIM",
    holds: "The target is the image: there is nothing to collapse to.",
    choose:
      "Networks that need the whole grid of patches, to be fine-tuned: hidden patches are a learned token, and one linear layer is the decoder.",
    fails: [
      "Small masks at a low ratio: patches are filled in from their neighbours.",
      "Judged by kNN or a linear probe it looks worse than it is.",
    ],
    published: [
      imagenet(
        "ViT-B/16, 800 epochs, fine-tuned",
        83.8,
        "README of github.com/microsoft/SimMIM",
      ),
    ],
  },
  simsiam: {
    title: "SimSiam",
    holds:
      "A predictor on one side and a stop-gradient on the other; batch norm in the heads makes it learn.",
    choose:
      "The least that works: no negatives, no twin, no queue, batches from 64 up. A first method for a new set of images.",
    fails: [
      "Without the stop-gradient or the predictor: 0.1 % on ImageNet (tables 1 and 2 of the paper).",
      "Without batch norm in the heads: 34.6 %, without a collapse (table 3).",
      "A loss that falls to -1 in the first epoch: a collapse. Look at `embedding_std`, not at the loss.",
    ],
    published: [
      cifar(90.51),
      {
        what: "CIFAR-10, ResNet-18, 800 epochs, linear",
        value: 91.8,
        source: "Chen and He 2020, arXiv:2011.10566, appendix D",
      },
      imagenet(
        "ResNet-50, 100 epochs, linear",
        68.1,
        "README of github.com/facebookresearch/simsiam",
      ),
    ],
  },
  supcon: {
    title: "SupCon",
    holds: "Negatives, the images of other classes.",
    choose:
      "With labels of all images: a start for classifiers that have to be robust.",
    fails: [
      "Classes of one image in a batch: its other view is the only positive.",
      "What the classes do not tell apart is lost.",
    ],
    published: [
      cifar(93.82),
      {
        what: "CIFAR-10, ResNet-50, 1000 epochs, linear",
        value: 96.0,
        source: "README of github.com/HobbitLong/SupContrast",
      },
    ],
  },
  supervised: {
    title: "Supervised",
    holds: "Labels.",
    choose: "To compare the others with.",
    fails: ["Few labels: it learns them by heart."],
    published: [],
  },
  swav: {
    title: "SwAV",
    holds:
      "Assignments are balanced: every prototype gets an equal share of the batch and the queue.",
    choose:
      "Small crops beside large ones, at little cost; batches of any size with a queue.",
    fails: [
      "A batch that is smaller than the number of prototypes, without a queue: shares cannot be equal.",
      "Prototypes that move from the first step: freeze them for an epoch.",
      "A queue from the first epoch on: the features in it are chance (`beside_weight` lets it take part later).",
    ],
    published: [
      cifar(89.17),
      imagenet(
        "ResNet-50, 100 epochs, linear",
        72.1,
        "README of github.com/facebookresearch/swav",
      ),
    ],
  },
  tico: {
    title: "TiCo",
    holds:
      "A moving covariance of all rows: embeddings keep away from the directions that all have.",
    choose:
      "A contrast with all earlier batches without a queue: a matrix of the features' size is all that is kept.",
    fails: [
      "The weight of the covariance (rho) has to fit the number of features.",
      "A covariance that moves too slowly tells of an encoder that is gone.",
    ],
    published: [
      imagenet("ResNet-50, 100 epochs, linear", 49.7, LIGHTLY),
    ],
  },
  vibcreg: {
    title: "VIbCReg",
    holds:
      "A variance term and a correlation term, on embeddings that are whitened.",
    choose: "VICReg whose weights do not depend on the number of features.",
    fails: [
      "Groups of more features than a batch has rows cannot be whitened.",
      "As VICReg: a variance term that is too weak.",
    ],
    published: [cifar(91.18)],
  },
  vicreg: {
    title: "VICReg",
    holds:
      "Each feature keeps its spread (variance), no two tell the same (covariance).",
    choose:
      "Branches that need not be alike: its losses want nothing normalised over the batch, or shared. Three weights say what is wanted.",
    fails: [
      "Without the variance term: a collapse to a point; without the covariance term: all features tell the same.",
      "A narrow projector: covariance has little to spread over.",
    ],
    published: [
      cifar(92.07),
      imagenet(
        "ResNet-50, 1000 epochs, linear",
        73.2,
        "README of github.com/facebookresearch/vicreg",
      ),
      imagenet("ResNet-50, 100 epochs, batch 256, linear", 63.0, LIGHTLY),
    ],
  },
  w_mse: {
    title: "W-MSE",
    holds:
      "The batch is whitened before views are compared: a constant cannot be whitened.",
    choose: "No twin, no predictor, no weights to balance; few features.",
    fails: [
      "More features than rows that are whitened together: their covariance has no inverse.",
      "Whitening over few rows is noisy: about twice as many as features.",
    ],
    published: [cifar(88.67)],
  },
};
