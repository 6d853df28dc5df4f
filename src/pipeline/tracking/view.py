"""How an experiment's page shows the heads of its recipes: columns, order, filter, charts.

MLflow keeps a view of the table as a tag of the experiment, and an address can name it.
So the view is there for everyone who opens the store, on whatever server.
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import urlencode

NAME: Final = "heads compared"
KEY: Final = "heads"
"""What the view is called on the page, and in an address."""

TAG: Final = f"mlflow.sharedViewState.{KEY}"
METRICS: Final = {
    "uar": 84,
    "uar_low": 84,
    "uar_high": 84,
    "accuracy": 84,
    "log_loss": 84,
    "calibration_error": 92,
}
"""The columns, in order, and how wide each is."""

RUN: Final = {"attributes.`Run Name`": 258, "runDateAndNestInfo": 44}
"""Columns that are always there: of the date, the mark of a finished run is enough."""

CHARTS: Final = ("uar", "accuracy", "macro_f1", "log_loss", "calibration_error", "validation_uar")
LABEL: Final = "tags.`label`"
SECTION: Final = "figures"
SHOWN: Final = 20
"""So many heads, the best first, are in the charts until others are ticked."""

SUMMARIES: Final = "tags.kind = 'summary' and tags.current = 'true'"


def tag() -> str:
    """The value of the experiment's tag."""
    facts = {"name": NAME, "createdAt": 0, "updatedAt": 0, "state": json.dumps(state())}
    return json.dumps(facts)


def state() -> dict[str, Any]:
    """The whole state of the page, in MLflow's words."""
    columns = [*(f"metrics.`{name}`" for name in METRICS), LABEL]
    widths = RUN | dict(zip(columns, [*METRICS.values(), 420], strict=True))
    return {
        "searchFilter": SUMMARIES,
        "orderByKey": "metrics.`uar`",
        "orderByAsc": False,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "modelVersionFilter": "All Runs",
        "datasetsFilter": [],
        "selectedColumns": columns,
        "columnOrder": [*RUN, *columns],
        "columnWidths": widths,
        "runsExpanded": {},
        "runsPinned": [],
        "runsHidden": [],
        "runsVisibilityMap": {},
        "runsHiddenMode": f"FIRST_{SHOWN}_RUNS",
        "compareRunCharts": [_chart(name) for name in CHARTS],
        "compareRunSections": [
            {
                "uuid": SECTION,
                "name": "Heads compared",
                "display": True,
                "isReordered": False,
                "deleted": False,
                "isGenerated": True,
                "columns": 2,
                "cardHeight": 440,
            }
        ],
        "viewMaximized": False,
        "runListHidden": False,
        "isAccordionReordered": False,
        "groupBy": None,
        "groupsExpanded": {},
        "autoRefreshEnabled": True,
        "useGroupedValuesInCharts": True,
        "hideEmptyCharts": True,
        "globalLineChartConfig": {
            "xAxisKey": "step",
            "lineSmoothness": 0,
            "selectedXAxisMetricKey": "",
        },
    }


def address(server: str, experiment: str, *, named: bool = True) -> str:
    """Where a server shows an experiment.

    Args:
        server: its address.
        experiment: the experiment's id.
        named: name the view too, which MLflow's page then mentions above the table.

    Example:
        >>> address("http://127.0.0.1:5000", "1", named=False)
        'http://127.0.0.1:5000/#/experiments/1/runs'
        >>> address("http://lab:5000/", "1").partition("?")[2]
        'workflowType=machine_learning&viewStateShareKey=heads'
    """
    place = f"{server.rstrip('/')}/#/experiments/{experiment}/runs"
    words = {"workflowType": "machine_learning", "viewStateShareKey": KEY}
    return f"{place}?{urlencode(words)}" if named else place


def _chart(metric: str) -> dict[str, Any]:
    return {
        "type": "BAR",
        "uuid": metric,
        "metricKey": metric,
        "displayName": metric,
        "metricSectionId": SECTION,
        "runsCountToCompare": SHOWN,
        "deleted": False,
        "isGenerated": True,
    }
