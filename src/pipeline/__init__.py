"""A workbench for speech-emotion recognition that anyone can rebuild.

Importing the package pins the machine's habits before any numeric library is
loaded: thread pools that wait passively and stay at ``SER_THREADS`` threads
(two unless told otherwise, for a network's weights are the same only at the
same count), no telemetry, and progress bars that do not flood a log.
"""

from __future__ import annotations

import os
import sys

THREADS = int(os.environ.get("SER_THREADS", "2"))

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"):
    os.environ.setdefault(_name, str(THREADS))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
if not sys.stderr.isatty():
    os.environ.setdefault("TQDM_MININTERVAL", "10")

__all__ = ["THREADS"]
