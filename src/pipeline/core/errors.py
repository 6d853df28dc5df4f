"""The family of errors that a person is meant to read.

Each carries one line that names the file or key and the cure; the command line
and the stages print that line and exit with status 1. Anything else that is
raised is a defect of the program and keeps its traceback.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

AudioProblem = Literal["", "missing", "empty", "undecodable", "soundless", "not-finite", "silent"]
"""What may be wrong with a recording, whoever it is said to."""


class SerError(Exception):
    """The base of every error that speaks to the user."""


class ConfigError(SerError):
    """Something in params.yaml is unknown, of the wrong type, or contradicts itself."""


class DownloadError(SerError):
    """A file could not be fetched, or is not what its checksum promises."""


class ArchiveError(SerError):
    """An archive is broken, or tries to write where it must not."""


class CorpusError(SerError):
    """A corpus on disk is not what its description says."""


class AudioError(SerError):
    """A recording cannot be decoded or used.

    Attributes:
        problem: what is wrong, in a word; empty where the message says all.
        reason: the decoder's, where it cannot be decoded.
    """

    def __init__(self, message: str, problem: AudioProblem = "", reason: str = "") -> None:
        super().__init__(message)
        self.problem = problem
        self.reason = reason


class ViewError(SerError):
    """A view cannot be made, or is incomplete."""


class ProtocolError(SerError):
    """A split cannot be made, or leaks."""


class NetworkError(SerError):
    """A network cannot learn from such a view, or its weights do not fit it."""


class TrainingError(SerError):
    """A training cannot start, or has gone astray."""


class HeadError(SerError):
    """A head cannot be fitted, chosen or read back."""


class ReportError(SerError):
    """A report cannot be made, or is not there to be shown."""


class ReproductionError(SerError):
    """A recipe that was run here does not read what is recorded of it."""


class PackageError(SerError):
    """A head cannot be packed with its networks, or a package cannot be used."""


class SiteError(SerError):
    """The page's store cannot be used, or somebody asks it for what it does not give."""


class TrackingError(SerError):
    """MLflow cannot be reached, or what is to be recorded is not there."""


@contextmanager
def exit_on_error() -> Iterator[None]:
    """Turn the errors that a person is meant to read into one line and exit status 1.

    Example:
        >>> with exit_on_error():
        ...     raise CorpusError("demo: 959 clips, 960 expected")
        Traceback (most recent call last):
        ...
        SystemExit: 1
    """
    try:
        yield
    except SerError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        where = error.filename or "the output"
        print(f"error: {where}: the disk is full; free some space and run again", file=sys.stderr)
        raise SystemExit(1) from None
