"""The job from settings to outcome: `engine` without a disk, `entry` with a run directory that listens."""
