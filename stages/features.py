"""Stage: the numbers of a recipe's view, normalised, for heads that need no network."""

import sys

from pipeline.core.errors import exit_on_error
from pipeline.stages import params
from pipeline.stages.features import main

if __name__ == "__main__":
    with exit_on_error():
        params.read()
        main(sys.argv[1])
