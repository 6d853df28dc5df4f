"""Stage: train every network of a recipe, one for each fold and seed."""

import sys

from pipeline.core.errors import exit_on_error
from pipeline.stages.train import main

if __name__ == "__main__":
    with exit_on_error():
        main(sys.argv[1], alone="--alone" in sys.argv[2:])
