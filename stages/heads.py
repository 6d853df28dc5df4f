"""Stage: fit a recipe's heads on embeddings, let validation choose, and predict."""

import sys

from pipeline.core.errors import exit_on_error
from pipeline.stages import params
from pipeline.stages.heads import main

if __name__ == "__main__":
    with exit_on_error():
        params.read()
        main(sys.argv[1])
