"""Stage: fit a recipe's heads on embeddings, let validation choose, and predict."""

import sys

from pipeline.core.errors import exit_on_error
from pipeline.stages.heads import main

if __name__ == "__main__":
    with exit_on_error():
        main(sys.argv[1])
