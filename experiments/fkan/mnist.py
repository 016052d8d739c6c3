"""Table 2: a convolutional network on MNIST with fixed and with fractional Jacobi activations."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from experiments.fkan.deep import ACTIVATIONS, Column, Study, fit, initialise, outputs
from experiments.fkan.images import load_images
from experiments.harness import Experiment

Images = tuple[Tensor, Tensor]
TRAIN, TEST, BATCH = 54_000, 10_000, 128
EPOCHS = (1, 30)
ACCURACY = {
    "sigmoid": (98.092, 0.094),
    "tanh": (98.904, 0.069),
    "relu": (99.140, 0.043),
    "fJNB(2)": (99.134, 0.048),
    "fJNB(3)": (99.200, 0.079),
    "fJNB(4)": (99.228, 0.052),
    "fJNB(5)": (99.204, 0.047),
    "fJNB(6)": (99.024, 0.120),
}
LOSS = {
    "sigmoid": (0.061, 0.003),
    "tanh": (0.032, 0.002),
    "relu": (0.026, 0.001),
    "fJNB(2)": (0.025, 0.002),
    "fJNB(3)": (0.022, 0.002),
    "fJNB(4)": (0.022, 0.001),
    "fJNB(5)": (0.025, 0.001),
    "fJNB(6)": (0.029, 0.003),
}


def load(quick: bool) -> tuple[Images, Images]:
    """Return images and classes to train on, and those of the test."""
    train, test = (500, 500) if quick else (TRAIN, TEST)
    return load_images("mnist", "train", train), load_images("mnist", "t10k", test)


def network(activation: str) -> nn.Module:
    """Return the published network."""
    make = ACTIVATIONS[activation]
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        make(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        make(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(1600, 10),
    )


def measure(activation: str, seed: int, data: tuple[Images, Images], epochs: int, device: str) -> dict[str, float]:
    """Train one network, and return its accuracy in percent and its loss on the test images."""
    (images, classes), (others, answers) = data
    net = network(activation)
    initialise(net)
    fit(
        net.to(device),
        images.to(device),
        classes.to(device),
        cross_entropy,
        epochs=epochs,
        batch=BATCH,
        label="mnist",
        seed=seed,
    )
    found = outputs(net, others.to(device))
    return {
        "accuracy": 100.0 * (found.argmax(1) == answers).double().mean().item(),
        "loss": cross_entropy(found, answers).item(),
    }


STUDY = Study(
    name="mnist",
    title="MNIST (Table 2)",
    epochs=EPOCHS,
    load=load,
    measure=measure,
    activations=list(ACCURACY),
    columns={"accuracy": Column("accuracy, %", 2, ACCURACY), "loss": Column("loss", 3, LOSS)},
    text=f"The published network: two convolutions (32 and 64 channels, 3 x 3), the activation and pooling behind "
    f"each, a dropout of 0.5, one linear map. The first {TRAIN:,} of the 60,000 training images (the notebook "
    f"keeps 6,000 drawn ones back, and does not choose by them), all {TEST:,} test images. **Other than "
    f"published:** batches of {BATCH} instead of 512, and epochs: {EPOCHS[0]} instead of {EPOCHS[1]}, for want of "
    "a GPU. So only the order can be compared.",
)
EXPERIMENT = Experiment("fkan-mnist", "MNIST with a convolutional network (fKAN, Table 2)", STUDY.run)
