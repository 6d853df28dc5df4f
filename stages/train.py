"""Stage: train every network of a recipe, one for each fold and seed.

``--alone`` trains without MLflow, on a machine that has little but the view and the split.
"""

import sys

from pipeline.core.errors import exit_on_error
from pipeline.stages.train import main

if __name__ == "__main__":
    with exit_on_error():
        alone = "--alone" in sys.argv[2:]
        if not alone:
            from pipeline.stages import params

            params.read()
        main(sys.argv[1], alone=alone)
