"""Table 2: a convolutional network on MNIST with fixed and with fractional Jacobi activations."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from experiments.fkan.deep import Study
from experiments.fkan.deep_page import Column
from experiments.fkan.deep_training import ACTIVATIONS, Data, Epoch, Schedule, fit, initialise, moved, outputs
from experiments.fkan.images import load_images
from experiments.harness import Experiment

TRAIN, HELD_OUT, TEST = 54_000, 6_000, 10_000
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
    "sigmoid": (0.0611, 0.0028),
    "tanh": (0.0322, 0.0015),
    "relu": (0.0256, 0.0010),
    "fJNB(2)": (0.0252, 0.0017),
    "fJNB(3)": (0.0224, 0.0019),
    "fJNB(4)": (0.0217, 0.0008),
    "fJNB(5)": (0.0249, 0.0009),
    "fJNB(6)": (0.0290, 0.0028),
}


def load(quick: bool) -> Data:
    """Return images and classes to train on, those held back, and those of the test."""
    train, held_out, test = (500, 100, 500) if quick else (TRAIN, HELD_OUT, TEST)
    images, classes = load_images("mnist", "train", train + held_out)
    return (images[:train], classes[:train]), (images[train:], classes[train:]), load_images("mnist", "t10k", test)


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


def measure(
    activation: str, seed: int, data: Data, schedule: Schedule, device: str
) -> tuple[dict[str, float], list[Epoch]]:
    """Train one network, and return its accuracy in percent and its loss on the test images, and its epochs."""
    train, held_out, (others, answers) = moved(data, device)
    net = network(activation)
    initialise(net)
    epochs = fit(net.to(device), train, held_out, cross_entropy, accuracy, schedule=schedule, stage="mnist", seed=seed)
    found = outputs(net, others)
    return {"accuracy": accuracy(found, answers), "loss": cross_entropy(found, answers).item()}, epochs


def accuracy(found: Tensor, classes: Tensor) -> float:
    """Return how many are right, in percent."""
    return 100.0 * (found.argmax(1) == classes).double().mean().item()


STUDY = Study(
    name="mnist",
    title="MNIST (Table 2)",
    metric="accuracy",
    schedules=(Schedule(1, 128, 3), Schedule(5, 128, 1)),
    published=Schedule(30, 512, 5),
    load=load,
    measure=measure,
    activations=list(ACCURACY),
    columns={"accuracy": Column("accuracy, %", 2, ACCURACY), "loss": Column("loss", 4, LOSS, lower=True)},
    text=f"The published network: two convolutions (32 and 64 channels, 3 x 3), the activation and pooling behind "
    f"each, a dropout of 0.5, one linear map. The first {TRAIN:,} of the 60,000 training images, the other {HELD_OUT:,} "
    f"held back and not chosen by (the notebook draws them), all {TEST:,} test images.",
)
EXPERIMENT = Experiment("fkan-mnist", "MNIST with a convolutional network (fKAN, Table 2)", STUDY.run)
