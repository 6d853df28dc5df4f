"""Stage: pass every clip of a recipe through its networks, for heads to learn from."""

import sys

from pipeline.core.errors import exit_on_error
from pipeline.stages import params
from pipeline.stages.embed import main

if __name__ == "__main__":
    with exit_on_error():
        params.read()
        main(sys.argv[1])
