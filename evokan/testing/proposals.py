"""Laws of what a family proposes: seeds, the ways down from them, samples and moves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evokan.problem.problem import Problem
from evokan.seeding import generator
from evokan.spaces.architecture import Architecture
from evokan.spaces.chromosome import Bits
from evokan.spaces.space import SearchSpace
from evokan.testing.checks import verdict


class ProposalLaws:
    """Tests that `evokan.testing.SearchSpaceContract` inherits; its fixtures make space and problem.

    Attributes
    ----------
    proposals
        Samples, and moves from each of them, that are looked at for each task.
    """

    proposals: int = 30

    def test_seeds_are_different_networks_that_the_chromosome_can_say(
        self, space: SearchSpace, problem: Problem
    ) -> None:
        """Each is decoded from its own bits."""
        seeds = space.seeds(problem)
        assert len({seed.key for seed in seeds}) == len(seeds)
        for seed in seeds:
            assert space.decode(space.encode(seed, problem), problem).key == seed.key

    def test_ways_down_end_and_every_step_is_smaller(self, space: SearchSpace, problem: Problem) -> None:
        """With made-up attributions; without any, they may end at once."""
        for seed in space.seeds(problem):
            bits, edges = space.encode(seed, problem), seed.n_edges
            for _ in range(10 * edges):
                worth = generator("worth", edges).random(edges)
                lower = space.descend(bits, problem, worth)
                if lower is None:
                    break
                network = verdict(space, lower, problem)
                assert isinstance(network, Architecture), "a way down leads to networks"
                assert network.n_edges < edges
                bits, edges = lower, network.n_edges
            else:
                raise AssertionError(f"the way down from {seed.key} does not end")

    def test_samples_are_chromosomes_and_mostly_networks(self, space: SearchSpace, problem: Problem) -> None:
        """They depend on the generator alone."""
        layout = space.layout(problem)
        drawn = [space.sample(problem, generator("sample", number)) for number in range(self.proposals)]
        again = [space.sample(problem, generator("sample", number)) for number in range(self.proposals)]
        assert all(np.array_equal(a, b) for a, b in zip(drawn, again, strict=True))
        for bits in drawn:
            layout.validate(bits)
        networks = [bits for bits in drawn if isinstance(verdict(space, bits, problem), Architecture)]
        assert 2 * len(networks) >= len(drawn), "most samples should decode to a network"

    def test_moves_give_chromosomes_and_leave_their_parent(self, space: SearchSpace, problem: Problem) -> None:
        """With attributions and without, from seeds and samples; the same generator gives the same bits."""
        layout = space.layout(problem)
        assert all(weight > 0 for weight in space.moves.values())
        for number, (bits, network) in enumerate(self._parents(space, problem)):
            before = bits.copy()
            for name in space.moves:
                for worth in (None, np.ones(network.n_edges)):
                    moved, again = (
                        space.neighbour(bits, name, problem, worth, generator("move", number)) for _ in range(2)
                    )
                    assert np.array_equal(bits, before), "a move changes a copy"
                    if moved is not None:
                        layout.validate(moved)
                        assert again is not None
                        assert np.array_equal(moved, again)

    def _parents(self, space: SearchSpace, problem: Problem) -> Iterator[tuple[Bits, Architecture]]:
        for seed in space.seeds(problem):
            yield space.encode(seed, problem), seed
        for number in range(self.proposals):
            bits = space.sample(problem, generator("parent", number))
            network = verdict(space, bits, problem)
            if isinstance(network, Architecture):
                yield bits, network
