"""Images: the files of MNIST and Fashion-MNIST, and how near one image is to another."""

from __future__ import annotations

import gzip

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import conv2d

from evokan.datasets.catalogue import DATA_VARIABLE, find_data_file
from evokan.errors import InputError

PUBLISHED_BY = {"mnist": "LeCun et al., MNIST", "fashion_mnist": "Xiao, Rasul and Vollgraf, Fashion-MNIST"}
SIDE = 28
WINDOW, DEVIATION = 11, 1.5
C1, C2 = 0.01**2, 0.03**2
"""Window and constants of the structural similarity, for values in [0, 1] (Wang et al., 2004, Section III)."""
AT_ONCE = 1000


def load_images(dataset: str, part: str, count: int) -> tuple[Tensor, Tensor]:
    """Return the first `count` images of ``mnist`` or ``fashion_mnist``, and their classes.

    Parameters
    ----------
    part
        ``train`` or ``t10k``.

    Returns
    -------
    tuple
        Images in [0, 1], float32, shape (count, 1, 28, 28), and class numbers (count,).

    Raises
    ------
    InputError
        A file is not in the data folder.
    """
    arrays = []
    for kind, header in (("images-idx3", 16), ("labels-idx1", 8)):
        name = f"{dataset}/{part}-{kind}-ubyte"
        path = find_data_file(name)
        if path is None:
            raise InputError(
                f"put {name} (or .gz) into the folder named by the environment variable {DATA_VARIABLE}; "
                f"published: {PUBLISHED_BY[dataset]}"
            )
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        arrays.append(np.frombuffer(content, np.uint8, offset=header))
    images, labels = arrays[0].reshape(-1, 1, SIDE, SIDE)[:count], arrays[1][:count]
    return torch.from_numpy(images.astype(np.float32) / 255.0), torch.from_numpy(labels.astype(np.int64))


def psnr(images: Tensor, others: Tensor) -> float:
    """Return the mean peak signal-to-noise ratio in dB of images in [0, 1], shape (N, 1, height, width).

    Infinite where an image equals its other.
    """
    errors = (images.double() - others.double()).square().mean(dim=(1, 2, 3))
    return float((-10.0 * torch.log10(errors)).mean())


def ssim(images: Tensor, others: Tensor) -> float:
    """Return the mean structural similarity of images in [0, 1], shape (N, 1, height, width), at least 11 x 11.

    Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment", IEEE Transactions on Image Processing 13 (2004),
    equation 13: a Gaussian window of 11 x 11 with deviation 1.5, only where it lies inside of the image.
    """
    place = torch.arange(WINDOW, dtype=torch.float64) - WINDOW // 2
    profile = torch.exp(-0.5 * (place / DEVIATION) ** 2)
    window = torch.outer(profile, profile)[None, None] / profile.sum() ** 2
    parts = []
    for x, y in zip(torch.split(images.double(), AT_ONCE), torch.split(others.double(), AT_ONCE), strict=True):
        mean_x, mean_y = conv2d(x, window), conv2d(y, window)
        spread = conv2d(x * x, window) - mean_x**2 + conv2d(y * y, window) - mean_y**2
        shared = conv2d(x * y, window) - mean_x * mean_y
        similarity = (2.0 * mean_x * mean_y + C1) * (2.0 * shared + C2) / ((mean_x**2 + mean_y**2 + C1) * (spread + C2))
        parts.append(similarity.mean(dim=(1, 2, 3)))
    return float(torch.cat(parts).mean())
