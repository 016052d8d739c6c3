"""What the tables on images and reviews are made of: files, measures, networks, and a study that goes on."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from evokan.errors import InputError
from experiments.fkan import denoising, imdb, mnist
from experiments.fkan.deep import ACTIVATIONS, Column, Study, fit, initialise, outputs
from experiments.fkan.images import load_images, psnr, ssim
from experiments.harness import Context


@pytest.fixture
def images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Return the bytes of three images that lie in the data folder."""
    values = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype=np.uint8)
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "train-images-idx3-ubyte").write_bytes(bytes(16) + values.tobytes())
    (tmp_path / "mnist" / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(bytes(8) + bytes([7, 0, 9])))
    monkeypatch.setenv("EVOKAN_DATA", str(tmp_path))
    return values


def test_image_files_are_read_plain_and_gzipped(images: np.ndarray):
    found, classes = load_images("mnist", "train", 2)
    assert found.shape == (2, 1, 28, 28)
    np.testing.assert_allclose(found[:, 0].numpy(), images[:2] / 255.0, atol=1e-7)
    assert classes.tolist() == [7, 0]
    with pytest.raises(InputError, match=r"put fashion_mnist/t10k-images-idx3-ubyte \(or .gz\) into the folder"):
        load_images("fashion_mnist", "t10k", 1)


def test_signal_to_noise_ratio_of_a_known_error():
    black, grey = torch.zeros(2, 1, 28, 28), torch.full((2, 1, 28, 28), 0.1)
    assert psnr(black, grey) == pytest.approx(20.0, abs=1e-5)
    grey[1] = 0.01
    assert psnr(black, grey) == pytest.approx(30.0, abs=1e-5)


def test_structural_similarity_of_equal_and_of_plain_images():
    image = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    assert ssim(image, image) == pytest.approx(1.0, abs=1e-12)
    dark, light = torch.full((1, 1, 28, 28), 0.25), torch.full((1, 1, 28, 28), 0.75)
    # Without any structure only the luminance counts.
    assert ssim(dark, light) == pytest.approx((2 * 0.25 * 0.75 + 1e-4) / (0.25**2 + 0.75**2 + 1e-4), abs=1e-9)


def test_structural_similarity_of_one_window_by_hand():
    rng = np.random.default_rng(1)
    x, y = rng.random((2, 11, 11))
    weights = np.exp(-0.5 * ((np.arange(11) - 5) / 1.5) ** 2)
    weights = np.outer(weights, weights) / weights.sum() ** 2
    mean_x, mean_y = (weights * x).sum(), (weights * y).sum()
    spread_x, spread_y = (weights * (x - mean_x) ** 2).sum(), (weights * (y - mean_y) ** 2).sum()
    shared = (weights * (x - mean_x) * (y - mean_y)).sum()
    by_hand = (
        (2 * mean_x * mean_y + 1e-4)
        * (2 * shared + 9e-4)
        / ((mean_x**2 + mean_y**2 + 1e-4) * (spread_x + spread_y + 9e-4))
    )
    found = ssim(torch.from_numpy(x)[None, None], torch.from_numpy(y)[None, None])
    assert found == pytest.approx(by_hand, abs=1e-12)


def test_reviews_become_numbers_of_their_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "imdb").mkdir()
    (tmp_path / "imdb" / "imdb_train.csv").write_text(
        'id,rating,label,text\n0,9,1,"Good, good<br />film!"\n1,2,0,a bad film\n', encoding="utf-8"
    )
    monkeypatch.setenv("EVOKAN_DATA", str(tmp_path))
    texts, labels = imdb.read_reviews("train")
    assert labels == [1.0, 0.0]
    numbers = imdb.vocabulary(texts)
    assert numbers == {"good": 2, "film": 3, "a": 4, "bad": 5}
    found = imdb.encode(["Film, bad and good", "good " * 600], numbers)
    assert found[0, :5].tolist() == [3, 5, 1, 2, 0]
    assert found.shape == (2, 500)
    assert (found[1] == 2).all()
    with pytest.raises(InputError, match=r"imdb/imdb_test\.csv"):
        imdb.read_reviews("test")


@pytest.mark.parametrize("activation", ["relu", "fJNB(5)"])
def test_networks_have_the_published_sizes(activation: str):
    triples = 3 * activation.startswith("fJNB")
    sizes = [
        sum(part.numel() for part in net.parameters())
        for net in (mnist.network(activation), denoising.network(activation), imdb.ReviewNetwork(activation))
    ]
    assert sizes == [
        34_826 + 2 * triples,
        160 + 1160 + 392 * 98 + 98 + 152 + 1168 + 145 + triples,
        640_000 + 57_472 + 114_816 + 8256 + 65 + triples,
    ]
    assert mnist.network(activation)(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    assert denoising.network(activation)(torch.zeros(2, 1, 28, 28)).shape == (2, 1, 28, 28)
    assert imdb.ReviewNetwork(activation)(torch.zeros(2, 500, dtype=torch.int64)).shape == (2,)


def small_network(seed: int) -> torch.nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = torch.nn.Sequential(torch.nn.Linear(3, 8), ACTIVATIONS["fJNB(3)"](), torch.nn.Linear(8, 1))
        initialise(net)
    return net


def test_training_lowers_the_loss_and_repeats_itself():
    x = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
    y = x[:, :1] * x[:, 1:2]
    loss = torch.nn.functional.mse_loss
    nets = [small_network(seed) for seed in (0, 0, 1)]
    before = float(loss(outputs(nets[0], x), y))
    for net in nets:
        fit(net, x, y, loss, epochs=20, batch=16, label="test", seed=0)
    found = [outputs(net, x) for net in nets]
    assert float(loss(found[0], y)) < 0.5 * before
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_a_study_goes_on_and_says_who_leads(tmp_path: Path):
    calls = []

    def measure(activation: str, seed: int, data: str, epochs: int, device: str) -> dict[str, float]:
        calls.append((activation, seed, data, epochs))
        return {"score": 10.0 * len(activation) + seed + float(torch.rand(()))}

    study = Study(
        name="toy",
        title="Toy",
        epochs=(2, 9),
        activations=["relu", "fJNB(4)"],
        load=lambda quick: "data",
        measure=measure,
        text="Words.",
        columns={"score": Column("score", 1, {"relu": (99.0, 0.5), "fJNB(4)": (98.0, 0.4)})},
    )
    before = torch.get_rng_state()
    study.run(Context(tmp_path, seeds=1, silent=True))
    assert calls == [("relu", 0, "data", 2), ("fJNB(4)", 0, "data", 2)]
    _, page = study.run(Context(tmp_path, seeds=2, silent=True))
    assert calls[2:] == [("relu", 1, "data", 2), ("fJNB(4)", 1, "data", 2)]
    assert torch.equal(torch.get_rng_state(), before)
    text = page.read_text(encoding="utf-8")
    assert "| relu | 2 | 2 | 4" in text
    assert "| 99.0 ± 0.5 |" in text
    assert "From the highest score down: here fJNB(4), relu; published relu, fJNB(4)." in text
    assert "claim that a fractional activation is the best, by score: holds here (fJNB(4) 7" in text
    # A figure that older rows do not have: empty there, measured from now on.
    more = replace(
        study,
        columns={**study.columns, "loss": Column("loss", 2, {"relu": (0.3, 0.1)})},
        measure=lambda *given: {**measure(*given), "loss": 0.25},
    )
    rows, page = more.run(Context(tmp_path, seeds=3, silent=True))
    assert rows.read_text(encoding="utf-8").splitlines()[0].endswith(",loss")
    text = page.read_text(encoding="utf-8")
    assert "| 0.25 ± 0.00 | 0.30 ± 0.10 |" in text
    assert len(calls) == 6
    assert "Not measured yet" not in text
    old = [{"activation": "relu", "epochs": 2, "score": 1.0, "loss": "", "cpu_seconds": 1.0}]
    assert more.report(old)[-1] == "Not measured yet: fJNB(4), the loss of relu."


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        ((9.0, 9.2), (5.0, 5.1), "holds here"),
        ((1.0, 1.1), (5.0, 5.2), "**does not hold**"),
        ((1.0, 9.0), (4.0, 5.0), "chance"),
    ],
)
def test_a_claim_is_judged_by_the_seeds(ours, theirs, verdict):
    study = Study("toy", "Toy", {"score": Column("score", 1, {})}, (1, 1), ["relu", "fJNB(2)"], bool, dict, "")
    rows = [
        {"activation": name, "seed": seed, "epochs": 1, "score": value, "cpu_seconds": 1.0}
        for name, values in (("fJNB(2)", ours), ("relu", theirs))
        for seed, value in enumerate(values)
    ]
    assert f"by score: {verdict}" in study.report(rows)[-1].replace("cannot be told from chance", "chance")
