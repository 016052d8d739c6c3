"""Sixty chromosomes on Wine, trained by our engine.

``wine_60.txt`` holds 60 valid GA-KAN chromosomes for Wine (13 inputs, 3 classes, at most 4 layers of 5 neurons:
138 bits), drawn once as fair coins, one text form a line as `evokan evaluate` reads them. They were chosen by
no search and by no engine.
"""

from __future__ import annotations

import csv
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evokan.datasets import load_dataset
from evokan.metrics import softmax
from evokan.problem import Problem, ScalerName
from evokan.space import Budget, Trained, TrainingJob
from search_spaces.gakan import encoding
from search_spaces.gakan.encoding import KANArchitecture, Mask
from search_spaces.gakan.network import build_model
from search_spaces.gakan.options import GAKANOptions
from search_spaces.gakan.training import train

CHROMOSOMES = Path(__file__).with_name("wine_60.txt")
MAX_DEPTH, MAX_WIDTH = 4, 5
