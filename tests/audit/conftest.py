"""The repository that tests of reports evaluate, for tests of the audit."""

from tests.reports.conftest import evaluated

__all__ = ["evaluated"]
