"""``python -m evokan``: the command line."""

import sys

from evokan.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
