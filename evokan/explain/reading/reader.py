"""From splines to laws, edge by edge, each step fitted again as a whole and judged on the validation rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from evokan.arrays import FloatArray
from evokan.explain.laws.edges import EdgeLaw, fit_edges, sample_points
from evokan.explain.laws.law import linear
from evokan.explain.laws.library import LibraryFunction
from evokan.explain.reading.effort import EDGE, Effort
from evokan.explain.reading.forms import LawForm
from evokan.explain.reading.network import Network
from evokan.explain.reading.refit import Strength, refit
from evokan.explain.reading.rows import Rows

LEAST_R2 = 0.8
"""A law that explains less of an edge is not tried."""
TRIED = 4
DRAFT = 12
"""Steps of the fit of a draft."""
EVERYWHERE = np.linspace(-50.0, 50.0, 101)
CROSS = 5
"""Steps of a fit again inside of a cross-validation."""
EXACT = 1e-15
"""A squared error below this share of the variance is rounding: the law is exact."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A network with its losses.

    Attributes
    ----------
    network
        Fitted to the training rows.
    train_loss
        Bare loss on the rows fitted to.
    row_losses
        Of every row that judges; inf where the network is not defined.
    """

    network: Network
    train_loss: float
    row_losses: FloatArray

    @property
    def val_loss(self) -> float:
        """Mean of the losses of the rows that judge."""
        with np.errstate(over="ignore"):
            return float(self.row_losses.mean())


def no_worse(losses: FloatArray, base: FloatArray, tolerance: float, chance: float = 0.5) -> bool:
    """Return whether `losses` are, on average, no worse than those of the same rows in `base`.

    They may rise by the share `tolerance`, or by what chance alone may do: so many standard errors of the mean
    difference as `chance` says.
    """
    if not (losses < 1e100).all():
        return False
    difference = losses - base
    error = difference.std() / np.sqrt(len(difference))
    return bool(difference.mean() <= max(tolerance * base.mean(), chance * error) + 1e-10)


@dataclass(frozen=True, eq=False)
class Judgement:
    """Rows to fit on, and how a fit is judged.

    Attributes
    ----------
    rows
        What networks are fitted to.
    folds
        Pairs of rows to fit on and to judge by. A single pair, the first part of which is `rows`: a hold-out. Several:
        cross-validation, every network fitted again from its values on all `rows`.
    """

    rows: Rows
    folds: tuple[tuple[Rows, Rows], ...]

    @property
    def holdout(self) -> bool:
        """Whether there is nothing to fit again for a judgement."""
        return len(self.folds) == 1


@dataclass(eq=False)
class Reader:
    """Turns networks of splines into networks of laws.

    Parameters
    ----------
    data
        Rows to fit on and to judge by.
    functions
        The library.
    tolerance
        A step may raise the validation loss by this share of that of the splines.
    ridge
        Penalty on splines.
    law_ridge
        Penalty on the constants of laws.
    effort
        What may be spent.
    """

    data: Judgement
    functions: Sequence[LibraryFunction]
    tolerance: float
    ridge: float = 1e-7
    law_ridge: float = 0.0
    effort: Effort = field(default_factory=Effort)
    seen: list[Candidate] = field(default_factory=list)

    def judge(self, network: Network, *, keep: bool = False) -> Candidate:
        """Return `network` with its losses; `keep` notes it as a stage worth showing."""
        losses = []
        for rows, other in self.data.folds:
            again = (
                network
                if self.data.holdout
                else refit(network, rows, self._strength(network, CROSS), self.effort.unlimited())
            )
            losses.append(other.losses(again.predict(other.x)))
        found = Candidate(network, self.train_loss(network), np.concatenate(losses))
        if keep and np.isfinite(found.val_loss):
            self.seen.append(found)
        return found

    def keeps(self, candidate: Candidate, base: FloatArray) -> bool:
        """Return whether `candidate` is no worse than the losses `base`."""
        return no_worse(candidate.row_losses, base, self.tolerance)

    def train_loss(self, network: Network) -> float:
        """Return the loss on the rows that networks are fitted to."""
        return self.data.rows.loss(network.predict(self.data.rows.x))

    def fit(self, network: Network, iterations: int = 25) -> Candidate:
        """Return `network` fitted again, with its losses."""
        return self.judge(self.refit(network, iterations))

    def refit(self, network: Network, iterations: int) -> Network:
        """Return `network` fitted again."""
        return refit(network, self.data.rows, self._strength(network, iterations), self.effort)

    def _strength(self, network: Network, iterations: int) -> Strength:
        exact = not network.splines and not self.law_ridge
        return Strength(iterations, self.ridge, self.law_ridge, precision=1e-6 if exact else 1e-3)

    @property
    def late(self) -> bool:
        """Whether the effort is over."""
        return self.effort.over

    def edge_laws(self, network: Network, numbers: Sequence[int]) -> list[list[EdgeLaw]]:
        """Return the laws of some links, on the points that the training rows bring to them."""
        if not numbers:
            return []
        values = network.forward(self.data.rows.x)
        x = np.array([sample_points(values[network.links[i].source]) for i in numbers])
        y = np.array([network.links[i].form.value(points) for i, points in zip(numbers, x, strict=True)])
        finite = np.isfinite(x).all(axis=1) & np.isfinite(y).all(axis=1)
        self.effort.spend(EDGE * int(finite.sum()))
        found = iter(fit_edges(x[finite], y[finite], self.functions))
        return [next(found) if usable else [] for usable in finite]

    def read(self, network: Network) -> Candidate:
        """Return the network with laws for as many splines as the tolerance allows; every stage is noted."""
        current = self.judge(network, keep=True)
        base = current.row_losses
        stuck: set[tuple[int, int]] = set()
        while not self.late:
            network = current.network
            open_links = [i for i in network.splines if _ends(network, i) not in stuck]
            if not open_links:
                break
            laws = self.edge_laws(network, open_links)
            order = sorted(range(len(open_links)), key=lambda i: laws[i][0].score if laws[i] else np.inf)
            number = open_links[order[0]]
            found = self._replace(network, number, laws[order[0]], base)
            if found is None:
                stuck.add(_ends(network, number))
            else:
                current = found
                self.seen.append(current)
                # What did not fit beside a crude neighbour may do so beside a law.
                stuck.clear()
        if not current.network.splines:
            current = self.fit(current.network, 60)
            self.seen.append(current)
        return current

    def draft(self, network: Network) -> None:
        """Note the network with the best law in the place of every spline at once, however little time is left.

        Crude beside what `read` finds one by one, which of many splines may not come to its first; but a formula.
        """
        numbers = network.splines
        for number, laws in zip(numbers, self.edge_laws(network, numbers), strict=True):
            # Laws that have a value everywhere: where the fit leads them, other rows must not fall off their domain.
            whole = (one.law for one in laws if _has_value_everywhere(one.law.function))
            if (law := next(whole, None)) is not None:
                network = network.with_law(number, law)
        found = refit(network, self.data.rows, self._strength(network, DRAFT), self.effort.unlimited())
        self.judge(found, keep=True)

    def force(self, current: Candidate) -> Candidate:
        """Return the network with the best law for every spline that one explains, whatever the loss; all are noted."""
        left: set[tuple[int, int]] = set()
        while not self.late:
            network = current.network
            numbers = [i for i in network.splines if _ends(network, i) not in left]
            if not numbers:
                break
            laws = self.edge_laws(network, numbers)
            order = max(range(len(numbers)), key=lambda i: laws[i][0].r2 if laws[i] else -np.inf)
            tried = [
                self.fit(network.with_law(numbers[order], law.law)) for law in laws[order][:TRIED] if law.r2 >= LEAST_R2
            ]
            best = min(tried, key=lambda found: found.val_loss, default=None)
            if best is None or not np.isfinite(best.val_loss):
                left.add(_ends(network, numbers[order]))
            else:
                current = best
                self.seen.append(current)
        return current

    def _replace(self, network: Network, number: int, laws: Sequence[EdgeLaw], base: FloatArray) -> Candidate | None:
        """Return the simplest choice for one link that keeps the loss, or None: nothing, a line, then laws."""
        values = network.forward(self.data.rows.x)
        link = network.links[number]
        mean = float(link.form.value(values[link.source]).mean())
        line = next((law.law for law in laws if law.law.function.name == "x"), linear(0.0, mean))
        choices = [network.without([number], [mean]), network.with_law(number, line)]
        good = [law for law in laws if law.r2 >= LEAST_R2 and law.law.function.name != "x"][:TRIED]
        for choice in choices:
            if choice.links and self.keeps(found := self.fit(choice), base):
                return found
        tried = [(self.fit(network.with_law(number, law.law)), law) for law in good if not self.late]
        fitting = [(found, law) for found, law in tried if self.keeps(found, base)]
        if not fitting:
            return None
        return min(
            fitting, key=lambda pair: np.log10(pair[0].val_loss + 1e-30) + 0.35 * pair[1].law.function.complexity
        )[0]

    def polish(self, current: Candidate) -> Candidate:
        """Try other functions on every link of a network of laws, as long as one of them is worth it."""
        improved = not current.network.splines and np.isfinite(current.val_loss)
        while improved and not self.late and current.val_loss > EXACT:
            improved = False
            for number in range(len(current.network.links)):
                network = current.network
                laws = [
                    law
                    for law in self.edge_laws(network, [number])[0]
                    if law.r2 >= LEAST_R2 and law.law.function != _function(network, number)
                ]
                for law in laws[:TRIED]:
                    if self.late:
                        break
                    found = self.fit(network.with_law(number, law.law), 40)
                    price = 0.35 * (found.network.complexity - network.complexity)
                    if np.log10(found.val_loss + 1e-30) + price < np.log10(current.val_loss + 1e-30) - 0.3:
                        current, improved = found, True
                        self.seen.append(current)
                        network = current.network
        return current

    def shorten(self, current: Candidate, most: float) -> None:
        """Note ever shorter networks: at each step the link that costs least to leave out or to make a line.

        Stops at the validation loss `most`.
        """
        while len(current.network.links) > 1 and np.isfinite(current.val_loss) and not self.late:
            network = current.network
            base = max(self.train_loss(network), 1e-12)
            values = network.forward(self.data.rows.x)
            found = []
            for number, link in enumerate(network.links):
                x, y = values[link.source], link.form.value(values[link.source])
                choices = [network.without([number], [float(y.mean())])]
                if link.form.complexity > 1:
                    slope, constant = np.polyfit(x, y, 1)
                    choices.append(network.with_law(number, linear(float(slope), float(constant))))
                for choice in choices:
                    if choice.links and choice.complexity < network.complexity and not self.late:
                        shorter = self.refit(choice, 5)
                        cost = np.log(max(self.train_loss(shorter), 1e-12) / base)
                        found.append((max(cost, 0.0) / (network.complexity - choice.complexity), shorter))
            if not found:
                return
            current = self.fit(min(found, key=lambda pair: pair[0])[1], 25)
            if not current.val_loss <= most:
                return
            self.seen.append(current)


def _has_value_everywhere(function: LibraryFunction) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.isfinite(function.value(EVERYWHERE)).all())


def _ends(network: Network, number: int) -> tuple[int, int]:
    link = network.links[number]
    return link.source, link.target


def _function(network: Network, number: int) -> LibraryFunction | None:
    form = network.links[number].form
    return form.law.function if isinstance(form, LawForm) else None
