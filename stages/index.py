"""Stage: decode every clip of a dataset, write its table and its card."""

import sys

from pipeline.core.errors import exit_on_error
from pipeline.stages import params
from pipeline.stages.index import main

if __name__ == "__main__":
    with exit_on_error():
        params.read()
        main(sys.argv[1])
