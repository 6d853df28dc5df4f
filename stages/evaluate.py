"""Stage: score a recipe's tested predictions, and write its figures and its page."""

import sys

from pipeline.core.errors import exit_on_error
from pipeline.stages import params
from pipeline.stages.evaluate import main

if __name__ == "__main__":
    with exit_on_error():
        params.read()
        main(sys.argv[1])
