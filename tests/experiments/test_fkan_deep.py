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
from experiments.fkan.curves import draw_curves
from experiments.fkan.deep import Study
from experiments.fkan.deep_page import Column, report
from experiments.fkan.deep_training import ACTIVATIONS, Epoch, Schedule, fit, initialise, outputs
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


def worst(given: torch.Tensor, wanted: torch.Tensor) -> float:
    return float((given - wanted).abs().max())


def test_training_figures_are_those_of_batches_of_any_size():
    # From inputs of 0 nothing can be learned.
    x, y = torch.zeros(7, 3), torch.arange(7.0)[:, None]
    net = torch.nn.Sequential(torch.nn.Linear(3, 1, bias=False), torch.nn.ReLU())
    (epoch,) = fit(
        net, (x, y), (x, y), torch.nn.functional.mse_loss, mean_error, schedule=Schedule(1, 4, 1), stage="a", seed=0
    )
    assert epoch == Epoch("a", 1, pytest.approx(13.0), pytest.approx(13.0), pytest.approx(3.0), pytest.approx(3.0))


def mean_error(given: torch.Tensor, wanted: torch.Tensor) -> float:
    return float((given - wanted).abs().mean())


def test_training_lowers_the_loss_and_repeats_itself():
    x = torch.randn(200, 3, generator=torch.Generator().manual_seed(0))
    y = x[:, :1] * x[:, 1:2]
    loss = torch.nn.functional.mse_loss
    nets = [small_network(seed) for seed in (0, 0, 1)]
    before = float(loss(outputs(nets[0], x), y))
    curves = [
        fit(net, (x, y), (x[:50], y[:50]), loss, worst, schedule=Schedule(20, 16, 1), stage="test", seed=0)
        for net in nets
    ]
    assert curves[0] == curves[1] != curves[2]
    assert [epoch.epoch for epoch in curves[0]] == [*range(1, 21)]
    last = curves[0][-1]
    assert last.val_loss == pytest.approx(float(loss(outputs(nets[0], x[:50]), y[:50])), rel=1e-6)
    assert last.val_metric == pytest.approx(worst(outputs(nets[0], x[:50]), y[:50]), rel=1e-6)
    assert 0.0 < last.train_loss < 0.5 * curves[0][0].train_loss
    found = [outputs(net, x) for net in nets]
    assert float(loss(found[0], y)) < 0.5 * before
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_a_study_goes_on_and_says_who_leads(tmp_path: Path):
    calls = []

    def measure(activation, seed, data, schedule, device):
        calls.append((activation, seed, data, schedule.epochs))
        epochs = [Epoch("toy", n, 1.0 / n, 2.0 / n, n, 2.0 * n) for n in range(1, schedule.epochs + 1)]
        return {"score": 10.0 * len(activation) + seed + float(torch.rand(()))}, epochs

    study = Study(
        name="toy",
        title="Toy",
        schedules=(Schedule(2, 8, 1), Schedule(3, 8, 1)),
        published=Schedule(9, 16, 5),
        activations=["relu", "fJNB(4)"],
        load=lambda quick: "data",
        measure=measure,
        text="Words.",
        metric="score",
        columns={"score": Column("score", 1, {"relu": (98.0, 0.5), "fJNB(4)": (99.0, 0.4)})},
    )
    before = torch.get_rng_state()
    study.run(Context(tmp_path, silent=True))
    assert calls == [(name, 0, "data", epochs) for epochs in (2, 3) for name in ("relu", "fJNB(4)")]
    rows, curves, page, picture = study.run(Context(tmp_path, seeds=2, silent=True))
    assert calls[4:] == [(name, 1, "data", epochs) for epochs in (2, 3) for name in ("relu", "fJNB(4)")]
    assert torch.equal(torch.get_rng_state(), before)
    assert picture.stat().st_size > 10_000
    lines = curves.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "activation,seed,epochs,stage,epoch,train_loss,val_loss,train_score,val_score"
    assert lines[1:3] == ["relu,0,2,toy,1,1.0,2.0,1,2.0", "relu,0,2,toy,2,0.5,1.0,2,4.0"]
    assert len(lines) == 1 + 2 * 2 * (2 + 3)
    text = page.read_text(encoding="utf-8")
    assert "| relu | 2 | 2 | 4" in text
    assert "| 98.0 ± 0.5 |" in text
    order = "here fJNB(4), relu (2 epochs); here fJNB(4), relu (3 epochs); published fJNB(4), relu."
    assert f"From the highest score down: {order}" in text
    assert "| score | fJNB(4), 99.0 ± 0.4 | fJNB(4) 7" in text
    assert "| met | met | open, not measured yet with 9 epochs |" in text
    # A figure that older rows do not have: those are measured again, and take the place of the old ones.
    more = replace(
        study,
        columns={**study.columns, "loss": Column("loss", 2, {"relu": (0.3, 0.1)})},
        measure=lambda *given: ({**measure(*given)[0], "loss": 0.25}, measure(*given)[1]),
    )
    del calls[:]
    more.run(Context(tmp_path, seeds=1, silent=True))
    assert len(calls) == 2 * 4
    text = page.read_text(encoding="utf-8")
    assert "| 0.25 ± 0.00 | 0.30 ± 0.10 |" in text
    assert len(rows.read_text(encoding="utf-8").splitlines()) == 1 + 8
    assert len(curves.read_text(encoding="utf-8").splitlines()) == len(lines)
    # Curves that are lost are measured again, too, and nothing else is.
    curves.write_text("\n".join(lines[:3]) + "\n", encoding="utf-8")
    del calls[:]
    more.run(Context(tmp_path, seeds=1, silent=True))
    assert calls[::2] == [("fJNB(4)", 0, "data", 2), ("relu", 0, "data", 3), ("fJNB(4)", 0, "data", 3)]
    # One epoch makes no curve: its row is enough.
    short = replace(study, schedules=(Schedule(1, 8, 1),))
    del calls[:]
    *_, curves, _, _ = short.run(Context(tmp_path / "short", silent=True))
    curves.unlink()
    short.run(Context(tmp_path / "short", silent=True))
    assert calls == [(name, 0, "data", 1) for name in ("relu", "fJNB(4)")]


def page_of(values, columns=None, epochs=1, activations=("relu", "tanh", "fJNB(2)", "fJNB(3)")):
    columns = columns or {"score": Column("score", 1, {"relu": (4.0, 0.1), "fJNB(2)": (9.0, 0.1)})}
    rows = [
        {"activation": name, "seed": seed, "epochs": epochs, "score": value, "cpu_seconds": 1.0}
        for name, found in values.items()
        for seed, value in enumerate(found)
    ]
    schedules = (Schedule(1, 8, 2), Schedule(9, 16, 5))
    return "\n".join(report(rows, columns, activations, schedules, text="", picture=Path("no.png")))


def test_the_order_is_told_after_every_number_of_epochs():
    rows = [
        {"activation": name, "seed": 0, "epochs": epochs, "score": score, "cpu_seconds": 1.0}
        for name, epochs, score in (("relu", 1, 2.0), ("fJNB(2)", 1, 3.0), ("relu", 5, 8.0), ("fJNB(2)", 5, 7.0))
    ]
    column = Column("score", 1, {"relu": (4.0, 0.1), "fJNB(2)": (9.0, 0.1)})
    schedules = (Schedule(1, 8, 1), Schedule(5, 8, 1), Schedule(9, 16, 5))
    parts = report(rows, {"score": column}, ("relu", "fJNB(2)"), schedules, text="", picture=Path("no.png"))
    order = "here fJNB(2), relu (1 epoch); here relu, fJNB(2) (5 epochs); published fJNB(2), relu."
    assert f"From the highest score down: {order}" in "\n".join(parts)


LEADS, LAGS, LOW = (9.0, 9.2), (5.0, 5.1), (1.0, 1.1)


@pytest.mark.parametrize(
    ("values", "verdicts"),
    [
        ({"relu": LAGS, "tanh": LOW, "fJNB(2)": LEADS, "fJNB(3)": LOW}, ("met", "met")),
        ({"relu": LAGS, "tanh": LOW, "fJNB(2)": LOW, "fJNB(3)": LEADS}, ("met", "**not met**")),
        ({"relu": LEADS, "tanh": LOW, "fJNB(2)": LAGS, "fJNB(3)": LOW}, ("**not met**", "**not met**")),
        ({"relu": (4.0, 5.0), "tanh": LOW, "fJNB(2)": (1.0, 9.0), "fJNB(3)": LOW}, ("open: within chance",) * 2),
        ({"relu": LAGS[:1], "tanh": LOW[:1], "fJNB(2)": LEADS[:1], "fJNB(3)": LOW[:1]}, ("open: one seed",) * 2),
        ({"relu": LAGS, "tanh": LOW, "fJNB(2)": LEADS}, ("met", "open, not measured yet: fJNB(3)")),
        ({"relu": LAGS, "fJNB(2)": LEADS, "fJNB(3)": LOW}, ("open, not measured yet: tanh",) * 2),
        ({"relu": LEADS, "fJNB(2)": LAGS, "fJNB(3)": LOW}, ("**not met**", "**not met**")),
        ({"relu": LEADS, "tanh": LOW, "fJNB(2)": LAGS}, ("open, not measured yet: fJNB(3)", "**not met**")),
        ({"relu": LEADS, "tanh": LOW}, ("open, not measured yet",) * 2),
    ],
)
def test_claims_are_judged_by_the_seeds(values, verdicts):
    assert f"| {' | '.join(verdicts)} | open, not measured yet with 9 epochs |" in page_of(values)


def test_less_is_better_where_a_column_says_so():
    values = {"relu": LAGS, "tanh": LEADS, "fJNB(2)": LOW, "fJNB(3)": LEADS}
    less = Column("score", 1, {"relu": (1.2, 0.1), "fJNB(2)": (1.1, 0.1)}, lower=True)
    text = page_of(values, {"score": less}, epochs=9)
    assert "| fJNB(2), 1.1 ± 0.1 | fJNB(2) 1.1 ± 0.1 against relu 5.0 ± 0.1 | met | met | met |" in text
    # With the published epochs there are no others to wait for, and nothing to excuse.
    assert "as published." in text
    assert "for want of a GPU" not in text
    assert "Not measured yet" not in text
    few = {name: found for name, found in values.items() if name != "tanh"}
    assert "Not measured yet: tanh (9 epochs)." in page_of(few, {"score": less}, epochs=9)
    worse = {**values, "fJNB(2)": (1.4, 1.5)}
    assert "| met | met | **not met** |" in page_of(worse, {"score": less}, epochs=9)


def test_a_fixed_activation_that_leads_in_the_paper_is_no_claim():
    column = Column("score", 1, {"relu": (9.0, 0.1), "fJNB(2)": (4.0, 0.1)})
    assert "| score | relu" not in page_of({"relu": LEADS, "fJNB(2)": LAGS}, {"score": column})


def test_all_degrees_and_figures_of_the_tables_are_measured():
    fixed = ["sigmoid", "tanh", "relu"]
    assert mnist.STUDY.activations == [*fixed, *(f"fJNB({q})" for q in range(2, 7))]
    assert denoising.STUDY.activations == [*fixed, "fJNB(5)", "fJNB(6)"]
    assert imdb.STUDY.activations == [*fixed, *(f"fJNB({q})" for q in range(1, 7))]
    for study, figures in (
        (mnist.STUDY, ["accuracy", "loss"]),
        (denoising.STUDY, ["psnr", "ssim", "mse", "loss"]),
        (imdb.STUDY, ["accuracy", "precision", "recall", "area", "loss"]),
    ):
        assert list(study.columns) == figures
        assert all(set(column.published) == set(study.activations) for column in study.columns.values())
        assert [key for key, column in study.columns.items() if column.lower] == [
            key for key in figures if key in ("mse", "loss")
        ]


@pytest.mark.parametrize("study", [mnist.STUDY, denoising.STUDY, imdb.STUDY], ids=lambda study: study.name)
def test_a_study_measures_its_figures_and_its_curves(study, monkeypatch):
    torch.manual_seed(0)
    pictures, classes = torch.rand(24, 1, 28, 28), torch.arange(24) % 10
    words, labels = torch.randint(0, 50, (24, 500)), (torch.arange(24) % 2).float()
    inputs, targets = {"mnist": (pictures, classes), "denoising": (pictures, pictures), "imdb": (words, labels)}[
        study.name
    ]
    part = (inputs, targets)
    figures, epochs = study.measure("fJNB(5)", 0, (part, part, part), Schedule(2, 8, 1), "cpu")
    assert set(figures) == set(study.columns)
    assert [epoch.epoch for epoch in epochs] == ([1, 2, 1, 2] if study.name == "denoising" else [1, 2])
    # The rows held back are those of the test here: the last epoch ends where the test begins.
    assert epochs[-1].val_loss == pytest.approx(figures["loss"], rel=1e-5)
    assert epochs[-1].val_metric == pytest.approx(figures[study.metric], rel=1e-5)


def test_curves_are_drawn_of_the_longest_trainings(tmp_path: Path):
    rows = [
        {"activation": name, "seed": str(seed), "epochs": str(epochs), "stage": stage, "epoch": str(epoch)}
        | {f"{part}_{key}": str(seed + epoch) for part in ("train", "val") for key in ("loss", "psnr")}
        for name in ("relu", "fJNB(2)")
        for seed in range(2)
        for epochs in (1, 3)
        for stage in ("clean", "noisy")
        for epoch in range(1, epochs + 1)
    ]
    draw_curves(rows, tmp_path / "curves.png", "psnr", "PSNR, dB")
    assert (tmp_path / "curves.png").stat().st_size > 10_000
    longest = [row for row in rows if row["epochs"] == "3"]
    draw_curves(longest, tmp_path / "same.png", "psnr", "PSNR, dB")
    assert (tmp_path / "same.png").read_bytes() == (tmp_path / "curves.png").read_bytes()
    draw_curves([], tmp_path / "none.png", "psnr", "PSNR, dB")
    draw_curves([row for row in rows if row["epochs"] == "1"], tmp_path / "none.png", "psnr", "PSNR, dB")
    assert not (tmp_path / "none.png").exists()
