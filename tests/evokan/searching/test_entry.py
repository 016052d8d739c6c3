"""The whole job from Python: search, resume, load_run."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

import evokan
from evokan.datasets import load_dataset
from evokan.errors import EvokanWarning, InputError
from evokan.explain.laws.gallery import told
from evokan.problem.problem import Problem
from evokan.searching.observer import STAGES, Observer, Observers
from evokan.settings.layers import LONGEST, SETTLE
from evokan.spaces import registry

TINY = {
    "space": "gakan",
    "dataset": "iris",
    "population": 6,
    "generations": 2,
    "folds": 1,
    "seed": 5,
    "formula_seconds": 0.0,
}


# ---------------------------------------------------------------- the real family


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return evokan.search(**TINY, workers=1, out=tmp_path_factory.mktemp("one") / "run")


def assert_same_tables(ours, theirs):
    for name in ("evaluations", "history", "pareto"):
        pd.testing.assert_frame_equal(
            getattr(ours, name).drop(columns="seconds"), getattr(theirs, name).drop(columns="seconds"), check_exact=True
        )
    assert ours.best.metrics == theirs.best.metrics
    assert ours.best.spec == theirs.best.spec


def test_two_workers_give_what_one_gives(run, tmp_path):
    assert_same_tables(evokan.search(**TINY, workers=2, out=tmp_path / "run"), run)


def test_going_on_gives_what_a_longer_search_gives(run, tmp_path):
    shorter = evokan.search(**{**TINY, "generations": 1}, out=tmp_path / "run")
    longer = evokan.resume(shorter.path, generations=2)
    assert_same_tables(longer, run)
    assert longer.config["settings"]["generations"] == 2


def test_the_model_takes_raw_inputs(run):
    problem = Problem.from_table(load_dataset("iris"))
    X, y = problem.table.X[problem.test], problem.table.y[problem.test]
    logits = run.best.model(torch.as_tensor(X))
    assert logits.shape == (len(X), 3)
    np.testing.assert_array_equal(logits.detach().numpy(), run.best.outputs(X))
    assert (logits.argmax(axis=1).numpy() == y).mean() == pytest.approx(run.best.metrics["test"]["accuracy"])


def test_a_loaded_run_is_the_same(run):
    loaded = evokan.load_run(str(run.path))
    assert_same_tables(loaded, run)
    assert loaded.finished
    assert repr(loaded) == f"Run({str(run.path)!r})"


def test_axes_can_be_drawn_on(run):
    for axes in (run.plot_history(), run.plot_pareto(), run.best.plot_network(), run.best.plot_attribution()):
        assert axes.figure is not None


def test_edges_and_their_laws_are_drawn(run):
    found = run.best.portraits
    figure = run.best.plot_edges()
    assert len(figure.axes) == min(len(found), 24)
    strongest = max(found, key=lambda one: one.spread)
    assert figure.axes[0].get_title().startswith(f"{strongest.source_name} → {strongest.target_name}")
    texts = {text.get_text() for text in run.best.plot_laws().texts}
    assert set(told(found).values()) <= texts
    assert not set(told(found).values()) <= {text.get_text() for text in run.best.plot_network().texts}


def test_global_random_states_are_left_alone(tmp_path):
    import random

    np.random.seed(7)  # noqa: NPY002 - the state that users may rely on
    random.seed(7)
    torch.manual_seed(7)
    before = (np.random.get_state()[1].tolist(), random.getstate(), torch.get_rng_state().tolist())  # noqa: NPY002
    evokan.search(**{**TINY, "generations": 1}, out=tmp_path / "run")
    assert (np.random.get_state()[1].tolist(), random.getstate(), torch.get_rng_state().tolist()) == before  # noqa: NPY002


@pytest.mark.parametrize(
    "settings",
    [
        {"dataset": "irsi"},
        {"population": 3},
        {"datset": "iris"},
        {"space_options": {"max_depth": 0}},
        {"folds": 100},
        {"val_size": 0.999},
        {"parsimony": "one-se", "objectives": "n_params"},
    ],
)
def test_bad_settings_leave_nothing(settings, tmp_path):
    with pytest.raises(InputError):
        evokan.search(**{**TINY, **settings}, out=tmp_path / "new" / "run")
    assert list(tmp_path.iterdir()) == []


def test_values_too_large_to_compute_with_leave_nothing(tmp_path):
    (tmp_path / "huge.csv").write_text("a,b,c\n" + "".join(f"{i},{i}e160,{'yn'[i % 2]}\n" for i in range(1, 41)))
    settings = {name: value for name, value in TINY.items() if name != "dataset"}
    with pytest.raises(InputError, match=r"column 'b' holds values beyond 1e\+100"):
        evokan.search(**settings, data=tmp_path / "huge.csv", target="c", out=tmp_path / "run")
    assert [path.name for path in tmp_path.iterdir()] == ["huge.csv"]


# ---------------------------------------------------------------- kills at every moment, with a family of a moment


class Interrupt(Observer):
    """Stops the search at its n-th event."""

    def __init__(self, event: int) -> None:
        self.left = event

    def on_record(self, record):
        self._count()

    def on_generation(self, row):
        self._count()

    def on_stage(self, text):
        self._count()

    def _count(self):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


class Events(Observer):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def on_start(self, path, config):
        self.seen.append("start")

    def on_compile(self):
        self.seen.append("compile")

    def on_record(self, record):
        self.seen.append(f"record {record.id}")

    def on_generation(self, row):
        self.seen.append(f"generation {row.generation}")

    def on_stage(self, text):
        self.seen.append(text)

    def on_end(self):
        self.seen.append("end")


def test_every_stage_is_told_in_its_order(tmp_path):
    events = Events()
    evokan.search(**{**TINY, "formula_seconds": 0.2}, workers=1, observer=events, out=tmp_path / "run")
    told = [text.partition(":")[0] for text in events.seen]
    assert [text for text in told if text in STAGES] == list(STAGES)
    others = {text.split()[0] for text in told if text not in STAGES}
    assert others - {"compile"} == {"start", "record", "generation", "end"}


@pytest.fixture
def stub(monkeypatch, stub_space):
    """Settings of a search whose product is a single file."""

    class Stub(stub_space):
        name = "momentary"

        def __init__(self, options=None):
            super().__init__()
            self.options = options or self.Options()

        def is_compiled(self, problem):
            return False

    def finish(job, evolution, executor, observer, baselines, clock, second):
        assert len(evolution.survivors) == job.config.population
        observer.on_stage("finishing")
        observer.on_figures({"records": len(evolution.records)})

    monkeypatch.setattr(registry, "_registered", {"momentary": Stub})
    monkeypatch.setattr("evokan.searching.engine.finish", finish)

    def finish_run(path, seconds, observer, clock, second):
        (path / "manifest.json").write_text('{"sha256": {}}')

    monkeypatch.setattr("evokan.searching.entry.finish_run", finish_run)
    return {"space": "momentary", "dataset": "iris", "population": 5, "generations": 2, "seed": 1}


def files(run) -> dict[str, str]:
    found = {
        name: (run.path / name).read_text() for name in ("evaluations.csv", "checkpoint.json", "best/metrics.json")
    }
    return found | {"history": run.history.drop(columns="seconds").to_csv()}


def test_interrupted_at_any_event_and_resumed(stub, tmp_path):
    whole = evokan.search(**stub, out=tmp_path / "whole")
    events = 15 + 3 + 1
    for event in range(1, events + 1):
        path = tmp_path / f"cut {event}"
        with pytest.raises(KeyboardInterrupt) as caught:
            evokan.search(**stub, out=path, observer=Interrupt(event))
        assert caught.value.__notes__ == [f"go on with: evokan resume {path}"]
        assert not evokan.load_run(path).finished
        assert files(evokan.resume(path)) == files(whole), event
    with pytest.raises(KeyboardInterrupt):
        evokan.search(**stub, out=tmp_path / "twice", observer=Interrupt(4))
    with pytest.raises(KeyboardInterrupt):
        evokan.resume(tmp_path / "twice", observer=Interrupt(6))
    assert files(evokan.resume(tmp_path / "twice")) == files(whole)


def test_a_run_that_goes_on_is_unfinished_until_its_new_end(stub, tmp_path):
    run = evokan.search(**stub, out=tmp_path / "run")
    for event in (2, 11, 1):  # at a second record, and twice after the last generation
        with pytest.raises(KeyboardInterrupt):
            evokan.resume(run.path, generations=4, observer=Interrupt(event))
        assert not evokan.load_run(run.path).finished
    longer = evokan.search(**{**stub, "generations": 4}, out=tmp_path / "longer")
    assert files(evokan.resume(run.path)) == files(longer)


def test_the_plan_can_be_cut_short(stub, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        evokan.search(**{**stub, "generations": 4}, out=tmp_path / "run", observer=Interrupt(5 + 1 + 5 + 1 + 5 + 1 + 2))
    whole = evokan.search(**stub, out=tmp_path / "whole")
    assert files(evokan.resume(tmp_path / "run", generations=2)) == files(whole)
    with pytest.raises(InputError, match="has 2 generations already"):
        evokan.resume(tmp_path / "run", generations=1)


def test_a_search_of_no_planned_end_rests_and_goes_on_from_a_kill(stub, tmp_path):
    auto = {**stub, "generations": "auto"}
    whole = evokan.search(**auto, out=tmp_path / "whole")
    done = int(whole.history["generation"].max())
    assert SETTLE <= done < LONGEST
    assert files(evokan.resume(whole.path)) == files(whole)
    for cut in (4, 6 * done - 8, 6 * done + 2):
        path = tmp_path / f"cut {cut}"
        with pytest.raises(KeyboardInterrupt):
            evokan.search(**auto, out=path, observer=Interrupt(cut))
        assert files(evokan.resume(path)) == files(whole), cut
    further = evokan.resume(whole.path, generations=done + 2)
    assert int(further.history["generation"].max()) == done + 2
    planned = evokan.search(**{**stub, "generations": done + 2}, out=tmp_path / "planned")
    assert files(further)["evaluations.csv"] == files(planned)["evaluations.csv"]


def test_lost_records_are_noticed(stub, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        evokan.search(**stub, out=tmp_path / "run", observer=Interrupt(8))
    evaluations = tmp_path / "run" / "evaluations.csv"
    lines = evaluations.read_text().splitlines(keepends=True)
    evaluations.write_text("".join(lines[:4]))
    with pytest.raises(InputError, match="does not hold"):
        evokan.resume(tmp_path / "run")


def everything(path) -> dict[str, bytes]:
    return {
        str(file): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name not in (".lock", "run.log")
    }


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("evaluations.csv", lambda path: path.write_text(path.read_text().replace("\n3,", "\nxx,"))),
        ("evaluations.csv", lambda path: path.unlink()),
        ("history.csv", lambda path: path.write_text("generation\nwhat?\n")),
        ("checkpoint.json", lambda path: path.write_text("{}")),
        ("checkpoint.json", lambda path: path.unlink()),
    ],
)
@pytest.mark.parametrize("generations", [None, 4])
def test_a_refused_resume_leaves_a_finished_run_as_it_was(stub, tmp_path, name, damage, generations):
    run = evokan.search(**stub, out=tmp_path / "run")
    damage(run.path / name)
    if generations is None:  # of a finished run that does not go on, nothing is read
        (run.path / "manifest.json").unlink()
    before = everything(run.path)
    with pytest.raises(InputError):
        evokan.resume(run.path, generations=generations)
    assert everything(run.path) == before


def test_observers_are_told_in_order(stub, tmp_path):
    first, second = Events(), Events()
    evokan.search(**stub, out=tmp_path / "run", observer=Observers(first, second))
    records = [f"record {number}" for number in range(15)]
    assert first.seen == [
        "start",
        "compile",
        "search",
        *records[:5],
        "generation 0",
        *records[5:10],
        "generation 1",
        *records[10:],
        "generation 2",
        "finishing",
        "end",
    ]
    assert second.seen == first.seen
    again = Events()
    evokan.resume(tmp_path / "run", observer=again)
    assert again.seen == []


# ---------------------------------------------------------------- commands that are given again


@pytest.mark.parametrize("event", [None, 1, 8, 19])
def test_a_repeated_search_goes_on(stub, tmp_path, event):
    whole = evokan.search(**stub, out=tmp_path / "whole")
    if event is None:  # finished: nothing is left to do
        evokan.search(**stub, out=tmp_path / "run")
    else:
        with pytest.raises(KeyboardInterrupt):
            evokan.search(**stub, out=tmp_path / "run", observer=Interrupt(event))
    assert files(evokan.search(**stub, out=tmp_path / "run")) == files(whole)


def test_a_search_goes_on_from_its_first_file(stub, tmp_path):
    whole = evokan.search(**stub, out=tmp_path / "whole")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json.77.part").write_text('{"torn')
    with pytest.raises(KeyboardInterrupt):
        evokan.search(**stub, out=tmp_path / "run", observer=Interrupt(1))
    for path in (tmp_path / "run").iterdir():
        if path.name != "config.json":
            path.unlink()
    assert files(evokan.search(**stub, out=tmp_path / "run")) == files(whole)


@pytest.mark.parametrize("change", [{"seed": 2}, {"generations": 3}, {"dataset": "wine"}, "foreign"])
def test_a_folder_of_something_else_is_left_alone(stub, tmp_path, change):
    with pytest.raises(KeyboardInterrupt):
        evokan.search(**stub, out=tmp_path / "run", observer=Interrupt(8))
    if change == "foreign":
        (tmp_path / "run" / "thesis.txt").write_text("mine")
        change = {}
    before = everything(tmp_path / "run")
    with pytest.raises(InputError, match="holds another run already"):
        evokan.search(**{**stub, **change}, out=tmp_path / "run")
    assert everything(tmp_path / "run") == before


def test_a_run_is_finished_when_everything_is_there(stub, tmp_path, monkeypatch):
    from evokan.searching import entry

    def killed(path, seconds, observer, clock, second):
        assert (path / "best" / "metrics.json").exists()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(entry, "finish_run", killed)
        with pytest.raises(KeyboardInterrupt):
            evokan.search(**stub, out=tmp_path / "run")
    with pytest.warns(EvokanWarning, match="it was cut off before its end"):
        assert not evokan.load_run(tmp_path / "run").finished
    assert evokan.resume(tmp_path / "run").finished


def test_searches_of_the_same_second_get_folders_of_their_own(stub, tmp_path, monkeypatch):
    from concurrent.futures import ThreadPoolExecutor

    from evokan.settings import job

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(job.time, "strftime", lambda *_: "20260101-120000")
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda seed: evokan.search(**{**stub, "seed": seed}), range(16)))
    assert len({run.path for run in runs}) == 16
    assert [run.config["settings"]["seed"] for run in runs] == list(range(16))
