"""Stage: hash what the code of every stage does, so that each goes stale by its own code alone."""

from pipeline.core.errors import exit_on_error
from pipeline.stages.sources import main

if __name__ == "__main__":
    with exit_on_error():
        main()
