"""Records on their way: what decoding tells of an individual, then what its trainings or those of an equal one tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from evokan.errors import InvalidArchitecture
from evokan.evaluation.cohorts import one_line
from evokan.evaluation.folds import Evaluation
from evokan.evaluation.records import Record, Status
from evokan.spaces.architecture import Architecture

Draft = tuple[Record, Architecture | None]
"""A record as far as decoding tells, and the network, if there is one."""


@dataclass(eq=False)
class Pending:
    """A generation at work: by position what is known of its individuals, and the records that are complete."""

    number: int
    first_id: int
    drafts: list[Draft] = field(default_factory=list)
    networks: dict[int, Architecture] = field(default_factory=dict)
    first_with: dict[str, int] = field(default_factory=dict)
    so_far: dict[int, Evaluation] = field(default_factory=dict)
    figures: dict[int, Evaluation] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)


def drafted(record: Record, decode: Callable[[], Architecture]) -> Draft:
    """Return what decoding makes of an individual: ``invalid`` without a network, ``failed`` by any other fault."""
    try:
        network = decode()
        return described(record, network), network
    except InvalidArchitecture as verdict:
        return record.replace(status="invalid", reason=one_line(verdict)), None
    except Exception as error:
        return record.replace(status="failed", reason=f"decoding: {one_line(error)}"), None


def described(record: Record, network: Architecture) -> Record:
    """Return a record with what a network says of itself."""
    return record.replace(
        key=network.key,
        n_params=network.n_params,
        n_params_paper=network.n_params_paper,
        n_edges=network.n_edges,
        n_features=network.n_features,
        depth=network.depth,
        grid=network.grid,
    )


def trained(draft: Record, figures: Evaluation) -> Record:
    """Return a record with what the trainings of its network came to."""
    status: Status = "failed" if figures.reason else "raced" if figures.lost else "ok"
    return draft.replace(
        status=status,
        reason=figures.reason or figures.lost,
        val_loss=figures.val_loss,
        train_loss=figures.train_loss,
        val_loss_se=figures.val_loss_se,
        iterations=figures.iterations,
        seconds=figures.seconds,
        rows=figures.rows,
        rung=figures.rung,
    )


def repeated(draft: Record, source: Record) -> Record:
    """Return a record with the figures of an earlier individual that has an equal network."""
    return source.replace(
        id=draft.id,
        generation=draft.generation,
        chromosome=draft.chromosome,
        parents=draft.parents,
        origin=draft.origin,
        seconds=0.0,
        status="cached" if source.usable else source.status,
        reason=f"as {source.id}" if source.usable else f"{source.reason} (as {source.id})",
    )
