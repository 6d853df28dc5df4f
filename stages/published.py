"""Stage: put published figures beside what was measured here."""

from pipeline.core.errors import exit_on_error
from pipeline.stages import params
from pipeline.stages.published import main

if __name__ == "__main__":
    with exit_on_error():
        params.read()
        main()
