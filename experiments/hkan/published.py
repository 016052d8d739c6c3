"""What arXiv 2501.18199 prints: hyperparameters (Table IV) and median test errors (Table V), and our reading of them.

Where the list is ambiguous: values are per layer, from the input on; an identity layer lists nothing but its name; a
one-layer network has no hidden nodes.
"""

from __future__ import annotations

from typing import NamedTuple

from search_spaces.hkan.layers import Basis, HKANLayer, Placement

_BASES: dict[str, Basis] = {
    "S": "sigmoid",
    "T": "tanh",
    "G": "gaussian",
    "R": "relu",
    "S+": "softplus",
    "I": "identity",
}
_PLACES: dict[str, Placement] = {"R": "random", "D": "data", "E": "equal"}


class Entry(NamedTuple):
    """One line of Tables IV and V; the errors are medians of 50 repeats, RMSE on targets in [0, 1]."""

    kan: float
    hkan: float
    hidden: tuple[int, ...]
    bases: str
    sigmas: tuple[float, ...] = ()
    m: tuple[int, ...] = ()
    places: str = ""
    ridges: tuple[float, ...] = ()

    @property
    def layers(self) -> tuple[HKANLayer, ...]:
        """Table IV's network."""
        found: list[HKANLayer] = []
        for number, (nodes, name) in enumerate(zip((*self.hidden, 1), self.bases.split(), strict=True)):
            if name == "I":
                found.append(HKANLayer(nodes, "identity"))
            else:
                found.append(
                    HKANLayer(
                        nodes,
                        _BASES[name],
                        self.sigmas[number],
                        self.m[number],
                        _PLACES[self.places.split()[number]],
                        self.ridges[number],
                    )
                )
        return tuple(found)


PUBLISHED: dict[str, Entry] = {
    "tf1": Entry(1.09e-5, 3.94e-14, (932,), "S T", (1, 33), (2, 13), "D D", (0.1, 10)),
    "tf2": Entry(2.29e-2, 1.85e-2, (48, 11), "T S+ I", (22, 18), (17, 21), "R D", (0.1, 1)),
    "tf3": Entry(1.22e-2, 5.08e-6, (924,), "T I", (50,), (39,), "R", (0.001,)),
    "tf4": Entry(0.259, 0.258, (), "T", (3,), (2,), "E", (0.001,)),
    "tf5": Entry(8.58e-5, 4.56e-15, (912,), "T I", (50,), (23,), "R", (0.01,)),
    "tf5-5": Entry(5.07e-3, 3.93e-9, (1000,), "T I", (30,), (32,), "R", (0.001,)),
    "abalone": Entry(0.0752, 0.0800, (), "I"),
    "auto_mpg": Entry(0.0804, 0.0838, (), "S", (9,), (32,), "E", (0.001,)),
    "bank32nh": Entry(0.0987, 0.101, (), "I"),
    "compactive": Entry(0.0247, 0.0237, (189, 30), "T S R", (4, 3, 44), (2, 38, 9), "D D R", (10, 1, 0.01)),
    "concrete": Entry(0.0648, 0.0612, (153, 23), "S S S", (32, 3, 19), (10, 2, 11), "D R D", (0.01, 1, 0.01)),
    "dee": Entry(0.105, 0.103, (), "S", (2,), (38,), "D", (0.1,)),
    "ele_2": Entry(0.00733, 0.0101, (478,), "R I", (19,), (39,), "D", (0.01,)),
    "elevators": Entry(0.0295, 0.0335, (926,), "R S", (22, 6), (1, 11), "D R", (0.001, 0.1)),
    "kinematics8nm": Entry(0.0463, 0.101, (200, 171), "G S R", (1, 5, 27), (4, 3, 30), "D R R", (1, 0.01, 1)),
    "kinematics32nh": Entry(0.132, 0.135, (), "S+", (1,), (40,), "E", (0.001,)),
    "laser": Entry(0.0235, 0.0256, (86,), "S S+", (23, 15), (1, 35), "D D", (1, 10)),
    "machineCPU": Entry(0.0854, 0.0413, (), "R", (1,), (25,), "E", (1,)),
    "pumadyn32nh": Entry(0.0390, 0.0461, (628,), "G S+", (2, 1), (1, 12), "D D", (0.001, 0.001)),
    "pyramidines": Entry(0.103, 0.0989, (678,), "G T", (48, 33), (2, 20), "R D", (10, 10)),
    "stock": Entry(0.0283, 0.0281, (197, 72), "S S+ S", (15, 37, 42), (1, 3, 24), "R D R", (0.001, 0.001, 0.1)),
    "treasury": Entry(0.0118, 0.0111, (97,), "S+ I", (3,), (35,), "D", (1,)),
    "triazines": Entry(0.183, 0.198, (2,), "S G", (40, 41), (29, 6), "R D", (1, 0.01)),
    "wizmir": Entry(0.0201, 0.0197, (), "I"),
}
"""By data set."""

SMALL = ("auto_mpg", "concrete", "dee", "ele_2", "laser", "machineCPU", "pyramidines", "stock", "treasury", "triazines")
"""The ten tables below 1,100 rows."""
REAL = tuple(name for name in PUBLISHED if not name.startswith("tf"))
"""The tables that were measured, in the paper's order; the others are functions."""
