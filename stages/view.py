"""Stage: render a dataset's clips into a packed view and its contact sheet."""

import sys

from pipeline.core.errors import exit_on_error
from pipeline.stages import params
from pipeline.stages.view import main

if __name__ == "__main__":
    with exit_on_error():
        params.read()
        main(sys.argv[1])
