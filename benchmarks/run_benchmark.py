"""Run the benchmark: the script form of `imbalance-kit bench`, with the same options."""

import sys

from imbalance_kit.cli import main

if __name__ == "__main__":
    sys.exit(main(["bench", *sys.argv[1:]]))
