"""Stage: split a recipe's clips into folds and roles, and let no undeclared leak through."""

import sys

from pipeline.core.errors import exit_on_error
from pipeline.stages import params
from pipeline.stages.split import main

if __name__ == "__main__":
    with exit_on_error():
        params.read()
        main(sys.argv[1])
