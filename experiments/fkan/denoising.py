"""Table 3: an auto-encoder that takes noise from Fashion-MNIST, with fixed and with fractional Jacobi activations."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from evokan.seeding import generator
from experiments.fkan.deep import Study
from experiments.fkan.deep_page import Column
from experiments.fkan.deep_training import ACTIVATIONS, Data, Epoch, Schedule, fit, initialise, moved, outputs
from experiments.fkan.images import load_images, psnr, ssim
from experiments.harness import Experiment

TRAIN, HELD_OUT, TEST, NOISE = 54_000, 6_000, 10_000, 0.3
PSNR = {
    "sigmoid": (17.813, 0.347),
    "tanh": (17.830, 0.261),
    "relu": (17.543, 0.186),
    "fJNB(5)": (18.159, 0.308),
    "fJNB(6)": (18.206, 0.174),
}
LOSS = {
    "sigmoid": (0.2989, 0.0047),
    "tanh": (0.2981, 0.0029),
    "relu": (0.3011, 0.0023),
    "fJNB(5)": (0.2944, 0.0033),
    "fJNB(6)": (0.2940, 0.0019),
}
MSE = {
    "sigmoid": (0.0179, 0.0014),
    "tanh": (0.0178, 0.0010),
    "relu": (0.0190, 0.0008),
    "fJNB(5)": (0.0166, 0.0011),
    "fJNB(6)": (0.0164, 0.0006),
}
SSIM = {
    "sigmoid": (0.564, 0.019),
    "tanh": (0.562, 0.020),
    "relu": (0.537, 0.014),
    "fJNB(5)": (0.585, 0.017),
    "fJNB(6)": (0.587, 0.009),
}


def load(quick: bool) -> Data:
    """Return noisy images and clean ones, to train on, held back and of the test; all networks see the same noise."""
    train, held_out, test = (500, 100, 500) if quick else (TRAIN, HELD_OUT, TEST)
    noisy, clean = _pair("train", train + held_out)
    return (noisy[:train], clean[:train]), (noisy[train:], clean[train:]), _pair("t10k", test)


def _pair(part: str, count: int) -> tuple[Tensor, Tensor]:
    clean, _ = load_images("fashion_mnist", part, count)
    noise = generator("denoising", part).standard_normal(clean.shape, dtype=np.float32)
    return (clean + NOISE * torch.from_numpy(noise)).clamp(0.0, 1.0), clean


def network(activation: str) -> nn.Module:
    """Return the published auto-encoder; its last sigmoid is part of the loss."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(392, 98),
        ACTIVATIONS[activation](),
        nn.Unflatten(1, (2, 7, 7)),
        nn.ConvTranspose2d(2, 8, 3, stride=2, padding=1, output_padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 16, 3, stride=2, padding=1, output_padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 1, 3, padding=1),
    )


def measure(
    activation: str, seed: int, data: Data, schedule: Schedule, device: str
) -> tuple[dict[str, float], list[Epoch]]:
    """Train one network on clean images, then on noisy ones; return how near its test images come, and its epochs."""
    (noisy, clean), held_out, (others, answers) = moved(data, device)
    net = network(activation).to(device)
    # A third less time on a processor; torch's types do not know the argument.
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    initialise(net)
    epochs = []
    for stage, images, unseen in (("clean", clean, held_out[1]), ("noisy", noisy, held_out[0])):
        epochs += fit(
            net,
            (images, clean),
            (unseen, held_out[1]),
            binary_cross_entropy_with_logits,
            likeness,
            schedule=schedule,
            stage=stage,
            seed=seed,
        )
    logits = outputs(net, others)
    found = torch.sigmoid(logits)
    figures = {
        "psnr": psnr(found, answers),
        "ssim": ssim(found, answers),
        "mse": float((found - answers).double().square().mean()),
        "loss": float(binary_cross_entropy_with_logits(logits, answers)),
    }
    return figures, epochs


def likeness(logits: Tensor, clean: Tensor) -> float:
    """Return the mean peak signal-to-noise ratio of the images whose logits are given, in dB."""
    return psnr(torch.sigmoid(logits), clean)


STUDY = Study(
    name="denoising",
    title="Fashion-MNIST, denoising (Table 3)",
    metric="psnr",
    schedules=(Schedule(2, 128, 3), Schedule(5, 128, 1)),
    published=Schedule(20, 512, 5),
    activations=list(PSNR),
    load=load,
    measure=measure,
    columns={
        "psnr": Column("PSNR, dB", 2, PSNR),
        "ssim": Column("SSIM", 3, SSIM),
        "mse": Column("MSE", 4, MSE, lower=True),
        "loss": Column("loss", 4, LOSS, lower=True),
    },
    text=f"The published auto-encoder: convolutions of 16 and 8 channels, a linear map to 98 values with the "
    f"activation that is compared, two transposed convolutions back; ReLU everywhere else. Normal noise of "
    f"deviation {NOISE}, cut off to [0, 1]. As in the notebook, each network is first trained on clean images, "
    f"then for as many epochs on noisy ones: all figures are of noisy test images after both. The first {TRAIN:,} of the "
    f"60,000 training images, the other {HELD_OUT:,} held back (the notebook draws them, and looks at test images in its "
    f"second half), all {TEST:,} test images; SSIM by a Gaussian window of 11 x 11. The notebooks hold results of "
    "degrees 5 and 6 alone.",
)
EXPERIMENT = Experiment("fkan-denoising", "Fashion-MNIST denoising by an auto-encoder (fKAN, Table 3)", STUDY.run)
