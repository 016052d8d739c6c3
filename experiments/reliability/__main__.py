"""``python -m experiments.reliability REPORT``: the page of the fault tests."""

from experiments.reliability.faults import main

if __name__ == "__main__":
    main()
