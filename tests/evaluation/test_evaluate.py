"""A recipe's figures: each from the right rows, and the choice from validation alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from pipeline.core.errors import ReportError
from pipeline.evaluation import evaluate, files, intervals, metrics
from pipeline.evaluation.evaluate import Evaluation
from pipeline.evaluation.metrics import METRICS
from tests.reports.conftest import example, found, leaky, numbers, read, toy
from tests.reports.examples import EMOTIONS, HEADS, LEAKY, ExampleRecipe

__all__ = ["example", "found", "leaky", "numbers", "toy"]

NAMES = EMOTIONS[:4]


def predictions(example: ExampleRecipe) -> tuple[Path, pd.DataFrame]:
    path = example.layout.predictions("toy")
    return path, pd.read_csv(path)


def rewrite(path: Path, **changes: object) -> None:
    data = json.loads(path.read_text())
    path.write_text(json.dumps({**data, **changes}))


def test_a_heads_figures_are_those_of_its_tested_rows(
    toy: ExampleRecipe, found: Evaluation
) -> None:
    _, table = predictions(toy)
    tested = table[(table["role"] == "test") & (table["head"] == "svm")]
    assert found.rows["svm"].uar == intervals.bootstrap(tested, NAMES)
    assert found.rows["svm"].confusion == metrics.confusion(tested, NAMES)


def test_rows_come_as_heads_then_ensembles_then_baselines(found: Evaluation) -> None:
    kinds = [row.kind for row in found.rows.values()]
    assert kinds == ["head"] * 3 + ["averaged"] * 3 + ["baseline"] * 2
    assert list(found.rows)[-2:] == ["majority", "random"]


def test_validation_chooses_the_head_whatever_the_test_says(example: ExampleRecipe) -> None:
    path, table = predictions(example)
    spoilt = (table["head"] == "svm") & (table["role"] == "test")
    table.loc[spoilt, "predicted"] = "neutral"
    table.to_csv(path, index=False)
    found = evaluate.evaluate(read(example))
    assert found.rows["svm"].uar.mean == pytest.approx(0.25)
    assert found.chosen == "svm"


def test_without_validation_nothing_is_chosen_and_softmax_is_shown(leaky: Evaluation) -> None:
    assert leaky.chosen is None
    assert leaky.shown == "softmax"
    assert files.metrics_of(leaky)["chosen"] is None


def test_an_ensemble_averages_probabilities_over_seeds(found: Evaluation) -> None:
    single, together = found.rows["svm"].table, found.rows["svm (seeds averaged)"].table
    clip = single["clip"].iloc[0]
    probabilities = single[single["clip"] == clip]["p_sad"]
    assert len(probabilities) == 2
    averaged = together[together["clip"] == clip]["p_sad"]
    assert averaged.tolist() == pytest.approx([probabilities.mean()])


def test_one_seed_has_no_ensemble(leaky: Evaluation) -> None:
    assert list(leaky.rows) == [*HEADS, "majority", "random"]


def test_a_clip_tested_as_several_copies_stays_several(found: Evaluation) -> None:
    table = found.rows["svm"].table
    doubled = pd.concat([table, table], ignore_index=True)
    assert len(evaluate.seeds_averaged(doubled, NAMES)) == len(table)


def test_every_head_is_paired_with_softmax(found: Evaluation) -> None:
    heads = [name for name in found.rows if name not in ("softmax", "majority", "random")]
    assert list(found.paired) == [f"{head} - softmax" for head in heads]
    gap = found.paired["svm - softmax"]
    assert gap.mean == pytest.approx(found.rows["svm"].uar.mean - found.rows["softmax"].uar.mean)


def test_majority_learns_from_the_training_side(found: Evaluation) -> None:
    rows = found.rows["majority"].table
    for fold, predicted in rows.groupby("fold")["predicted"]:
        split = found.outputs.split
        trained = split[(split["fold"] == fold) & (split["role"] != "test")]["emotion"]
        counts = trained.value_counts()
        assert counts[predicted.iloc[0]] == counts.max()


def test_metrics_have_the_contracts_keys(leaky: Evaluation) -> None:
    data = files.metrics_of(leaky)
    assert (data["recipe"], data["protocol"], data["label"]) == ("toy", "random", LEAKY)
    assert (data["clips"], data["speakers"], data["folds"], data["seeds"]) == (72, 6, 3, [0])
    assert data["initial_weights"] == "random"
    assert list(data["heads"]["softmax"]) == [*METRICS, "validation_uar"]
    assert set(data["heads"]["random"]["uar"]) == {"mean", "low", "high"}
    assert set(data["paired"]["svm - softmax"]) == {"mean", "low", "high", "p"}


def test_the_headline_is_the_shown_heads_row(found: Evaluation) -> None:
    line = files.headline_of(found)
    row = files.metrics_of(found)["heads"][line["head"]]
    assert [line[key] for key in ("uar_low", "uar", "uar_high")] == sorted(row["uar"].values())
    assert line["heads"][line["head"]] == line["uar"]
    assert "majority" not in line["heads"]


def test_metrics_are_rounded_fractions(found: Evaluation) -> None:
    value = files.metrics_of(found)["heads"]["svm"]["uar"]["mean"]
    assert 0 < value < 1
    assert value == round(value, 6)


def test_the_demo_says_that_it_is_synthetic(found: Evaluation, leaky: Evaluation) -> None:
    assert files.metrics_of(found)["synthetic"] is True
    assert files.metrics_of(leaky)["synthetic"] is False


def test_the_same_files_give_the_same_bytes(example: ExampleRecipe, tmp_path: Path) -> None:
    written = []
    for name in ("one", "two"):
        files.write(evaluate.evaluate(read(example)), tmp_path / name)
        paths = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        written.append([(path.name, path.read_bytes()) for path in paths])
    assert written[0] == written[1]
    assert [name for name, _ in written[0]] == [
        "counts.csv",
        "headline.json",
        "metrics.json",
        "confusion.csv",
        "heads.csv",
        "loss.csv",
        "reliability.csv",
        "roc.csv",
        "speakers.csv",
        "uar.csv",
        "predictions.csv",
    ]


def test_predictions_hold_tested_rows_of_every_head(found: Evaluation, tmp_path: Path) -> None:
    files.write(found, tmp_path)
    table = pd.read_csv(tmp_path / "predictions.csv")
    assert list(table)[:7] == ["clip", "fold", "seed", "head", "speaker", "true", "predicted"]
    assert table.groupby("head").size().to_dict() == dict.fromkeys(HEADS, 2 * 72)


def test_plots_are_tables_of_a_few_points(found: Evaluation, tmp_path: Path) -> None:
    files.write(found, tmp_path)
    plots = {path.stem: pd.read_csv(path) for path in (tmp_path / "plots").iterdir()}
    assert list(plots["heads"]) == ["head", "uar", "low", "high"]
    assert list(plots["confusion"]) == ["true", "predicted"]
    assert list(plots["reliability"]) == ["head", "confidence", "accuracy", "count"]
    assert list(plots["speakers"]) == ["speaker", "sex", "head", "uar", "accuracy", "clips"]
    assert list(plots["roc"]) == ["emotion", "fpr", "tpr"]
    assert plots["roc"].groupby("emotion").size().max() <= 100


def test_roc_curves_are_thinned_to_their_ends(found: Evaluation) -> None:
    curves = evaluate.roc_rows(found, points=5)
    for _, rows in curves.groupby("emotion"):
        assert len(rows) <= 5
        assert rows[["fpr", "tpr"]].iloc[[0, -1]].to_numpy().tolist() == [[0, 0], [1, 1]]


def test_each_sex_has_its_figures(found: Evaluation) -> None:
    women, men = evaluate.sex_rows(found)
    assert (women["sex"], women["speakers"], men["speakers"]) == ("female", 3, 3)
    assert women["uar"].low <= women["uar"].mean <= women["uar"].high


def test_one_speaker_has_no_interval(found: Evaluation) -> None:
    outputs = found.outputs
    alone = replace(
        outputs,
        split=outputs.split.assign(speaker="anna"),
        predictions=outputs.predictions.assign(speaker="anna"),
    )
    data = files.metrics_of(evaluate.evaluate(alone))
    assert data["heads"]["svm"]["uar"]["low"] is None
    assert data["heads"]["svm"]["uar"]["mean"] == pytest.approx(found.rows["svm"].uar.mean)
    assert data["paired"] == {}


def test_a_missing_file_names_the_stage_that_makes_it(example: ExampleRecipe) -> None:
    (example.root / "data/predictions/toy.csv").unlink()
    with pytest.raises(ReportError, match=r"toy.csv: not there; make it with: ser run toy"):
        read(example)


def test_predictions_that_miss_a_tested_clip_are_refused(example: ExampleRecipe) -> None:
    path, table = predictions(example)
    table.drop(index=table.index[table["role"] == "test"][0]).to_csv(path, index=False)
    with pytest.raises(ReportError, match=r"softmax, fold 0, seed 0 does not predict the split's"):
        read(example)


def test_predictions_of_other_emotions_are_refused(example: ExampleRecipe) -> None:
    path, table = predictions(example)
    table.drop(columns="p_sad").to_csv(path, index=False)
    with pytest.raises(ReportError, match="lacks the column 'p_sad'; make it anew with: ser run"):
        read(example)


def test_a_head_validated_in_some_folds_only_leaves_no_choice(example: ExampleRecipe) -> None:
    about = example.layout.heads("toy") / "about.json"
    heads = json.loads(about.read_text())["heads"]
    rewrite(about, heads=[{**heads[0], "validation_uar": None}, *heads[1:]])
    assert evaluate.evaluate(read(example)).chosen is None


def test_a_recipe_without_a_network_is_compared_with_its_first_head(
    numbers: ExampleRecipe,
) -> None:
    found = evaluate.evaluate(read(numbers))
    assert found.outputs.networks is None and found.outputs.curves is None
    assert (found.reference, found.shown) == ("xgboost", "xgboost")
    assert list(found.paired) == ["svm - xgboost"]
    data = files.metrics_of(found)
    assert (data["initial_weights"], data["reference"]) == (None, "xgboost")


def test_a_recipe_without_a_network_has_empty_curves(
    numbers: ExampleRecipe, tmp_path: Path
) -> None:
    files.write(evaluate.evaluate(read(numbers)), tmp_path)
    assert (tmp_path / "plots/loss.csv").read_text() == "epoch,loss\n"
    assert (tmp_path / "plots/uar.csv").read_text() == "epoch,uar\n"


def test_rows_of_a_confusion_matrix_are_true_emotions(found: Evaluation) -> None:
    table = found.rows["svm"].table
    swapped = table.assign(true=table["predicted"], predicted=table["true"])
    assert metrics.confusion(swapped, NAMES) == tuple(
        zip(*found.rows["svm"].confusion, strict=True)
    )
