"""How much memory the fit of a wide network takes."""

from __future__ import annotations

import os
import subprocess
import sys

# The largest table has 11,619 training rows. All blocks of the first layer together would be 3.7 GB.
FIT = """
import re
import resource
import sys
from pathlib import Path

import numpy as np

from search_spaces.hkan import HKANLayer, HKANRegressor

rng = np.random.default_rng(0)
x = rng.random((11_619, 40))
y = np.sin(5 * x[:, 0]) + x[:, 1] * x[:, 2]
model = HKANRegressor([HKANLayer(1000, "relu", 5, 2, "random"), HKANLayer(1, "sigmoid", 5, 10)]).fit(x, y)
if sys.platform == "linux":
    # There ru_maxrss starts with the size of the process that started this one.
    peak = 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(model.layers_[0].centres.shape, peak)
"""


def test_a_thousand_nodes_on_the_largest_table_stay_below_2_gb():
    # One thread: on small matrices several take far longer where the processors are busy.
    environment = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    done = subprocess.run([sys.executable, "-c", FIT], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    shape, peak = done.stdout.rsplit(maxsplit=1)
    assert shape == "(1000, 40, 2)"
    assert 0.1e9 < int(peak) < 2e9
