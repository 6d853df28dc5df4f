"""The reference of metrics, from the functions that compute them."""

from __future__ import annotations

from pipeline.evaluation.metrics import METRICS


def page() -> str:
    """Every metric as one page of Markdown."""
    lines = ["| name | title | better | what it is |", "|---|---|---|---|"]
    for metric in METRICS.values():
        better = "higher" if metric.higher_is_better else "lower"
        words = " ".join(metric.explanation.split()).replace("``", "`").replace("|", "\\|")
        lines.append(f"| `{metric.name}` | {metric.title} | {better} | {words} |")
    intro = (
        "Every figure of a report. UAR comes first: the mean of the emotions' recalls, so that a "
        "frequent emotion counts no more than a rare one. Intervals are bootstraps over speakers."
    )
    return "\n\n".join(["# Metrics", intro, "\n".join(lines)]) + "\n"
