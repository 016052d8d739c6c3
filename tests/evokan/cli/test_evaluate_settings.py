"""``evokan evaluate`` takes the settings that mean something where the networks are given."""

from __future__ import annotations

from evokan.cli.evaluate import NOT_TAKEN
from evokan.cli.options import all_but
from evokan.settings.config import SearchConfig

ROWS = {"dataset", "data", "equation", "target", "time", "series", "lags", "horizon", "time_format", "drop", "edges"}
ROWS |= {"task", "test_size", "val_size", "split_seed", "scaler", "impute", "keep_na", "keep_na_in", "sep", "decimal"}
ROWS |= {"encoding", "resample", "test_data", "val_data", "log_target", "handle_unknown", "group", "split"}
TRAINING = {"space", "space_options", "preset", "seed", "steps", "folds", "fold_stop", "device"}
WHERE = {"workers", "ray", "ray_address", "gpus_per_task", "cohort_timeout"}


def test_every_setting_is_taken_or_left_out_on_purpose(group):
    """A new setting has to be sorted: into one of these, or into `NOT_TAKEN`."""
    assert set(NOT_TAKEN) <= set(SearchConfig.model_fields)
    assert len(NOT_TAKEN) == len(set(NOT_TAKEN))
    assert set(all_but(*NOT_TAKEN)) == ROWS | TRAINING | WHERE
    options = {parameter.name for parameter in group.commands["evaluate"].params}
    assert options == ROWS | TRAINING | WHERE | {"config", "chromosomes", "out", "force", "quiet", "json"}
