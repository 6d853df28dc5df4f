"""Stage: gather the weights that trainings begin from."""

import sys

from pipeline.core.errors import exit_on_error
from pipeline.stages import params
from pipeline.stages.initial_weights import main

if __name__ == "__main__":
    with exit_on_error():
        params.read()
        main(sys.argv[1])
