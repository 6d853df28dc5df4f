"""Stage: put recipes side by side, those that are named or all that have figures."""

import sys

from pipeline.core.errors import exit_on_error
from pipeline.stages import params
from pipeline.stages.compare import main

if __name__ == "__main__":
    with exit_on_error():
        params.read()
        main(sys.argv[1:])
