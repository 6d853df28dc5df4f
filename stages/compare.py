"""Stage: put all cooked recipes side by side, and beside what others published."""

from pipeline.core.errors import exit_on_error
from pipeline.stages.compare import main

if __name__ == "__main__":
    with exit_on_error():
        main()
