"""Runs in MLflow: a tree per recipe, identified by content, filled from DVC's outputs."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
import typer
from mlflow.exceptions import MlflowException
from PIL import Image
from typer.testing import CliRunner

from pipeline import tracking
from pipeline.commands.track import track
from pipeline.core.errors import TrackingError
from pipeline.core.layout import Layout
from pipeline.tracking import SyncResult, TrainingRun, artifacts, view
from pipeline.training.run import Run as NetworkRun
from tests.conftest import ROOT
from tests.package import examples
from tests.tracking import outputs
from tests.tracking.stored import PARENT, client, names, only, runs
from tests.training import tiny

NETWORKS = "tags.kind = 'network'"


def training(fold: int = 0, **settings: Any) -> TrainingRun:
    return tracking.training_run(outputs.about(**settings), NetworkRun(fold, 0))


def test_a_recipe_is_a_tree_of_runs(root: Path) -> None:
    outputs.run(root)
    tracking.sync(root)
    assert names(root) == [
        "demo",
        "demo / majority",
        "demo / network fold-0 seed-0",
        "demo / network fold-0 seed-0 / softmax fold-0 seed-0",
        "demo / network fold-0 seed-0 / xgboost fold-0 seed-0",
        "demo / network fold-1 seed-0",
        "demo / network fold-1 seed-0 / softmax fold-1 seed-0",
        "demo / network fold-1 seed-0 / xgboost fold-1 seed-0",
        "demo / random",
        "demo / softmax",
        "demo / xgboost",
    ]
    assert {run.info.status for run in runs(root)} == {"FINISHED"}


def test_every_run_says_what_it_is(root: Path) -> None:
    outputs.run(root)
    tracking.sync(root)
    asked = ("recipe", "dataset", "protocol", "label", "kind", "key", "git_commit", "dirty",
             "network", "view_sha256", "split_sha256", "current")  # fmt: skip
    for run in runs(root):
        assert [name for name in asked if name not in run.data.tags] == []


def test_a_heads_summary_is_at_the_top_of_the_table_named_by_recipe_and_head(root: Path) -> None:
    outputs.run(root)
    tracking.sync(root)
    summaries = runs(root, "tags.kind = 'summary'")
    assert {run.info.run_name for run in summaries} == {
        "demo / xgboost", "demo / softmax", "demo / majority", "demo / random",
    }  # fmt: skip
    assert [run.info.run_name for run in summaries if PARENT in run.data.tags] == []


def test_the_table_lists_the_first_fold_and_the_best_head_first(root: Path) -> None:
    outputs.run(root)
    tracking.sync(root)
    listed = [str(run.info.run_name) for run in runs(root) if "fold" not in str(run.info.run_name)]
    assert listed[:2] == ["demo / xgboost", "demo / softmax"]
    networks = [run.info.run_name for run in runs(root, "tags.kind = 'network'")]
    assert networks == ["network fold-0 seed-0", "network fold-1 seed-0"]


def test_heads_are_compared_under_the_same_metric_names(root: Path) -> None:
    outputs.run(root)
    tracking.sync(root)
    found = {run.data.tags["head"]: run.data.metrics for run in runs(root, "tags.kind = 'summary'")}
    assert {head: row["uar"] for head, row in found.items()} == {
        "softmax": 0.6, "xgboost": 0.7, "majority": 0.5, "random": 0.49,
    }  # fmt: skip
    assert sorted(found["xgboost"]) == [
        "accuracy", "accuracy_high", "accuracy_low", "calibration_error", "log_loss", "macro_f1",
        "macro_precision", "uar", "uar_high", "uar_low", "validation_uar",
    ]  # fmt: skip


def test_a_heads_summary_has_its_predictions_and_what_it_confuses(root: Path) -> None:
    outputs.run(root)
    tracking.sync(root)
    run = only(root, "run_name = 'demo / xgboost'")
    folder = root / "mlartifacts/demo" / run.info.run_id / "artifacts"
    table = pd.read_csv(folder / "predictions.csv")
    assert set(table["head"]) == {"xgboost"}
    assert len(table) == 12
    matrix = json.loads((folder / "confusion.json").read_text())
    # Of six clips in each of two folds: true is h s h s h s, predicted is h s h h s h.
    assert matrix["emotions"] == ["happy", "sad"]
    assert matrix["counts"] == [[4, 2], [4, 2]]
    assert matrix["shares"][0] == [0.666667, 0.333333]
    assert Image.open(folder / "confusion.png").width > 200
    assert run.inputs is not None
    assert [item.dataset.name for item in run.inputs.dataset_inputs] == ["demo"]


def test_an_ensembles_predictions_are_its_seeds_averaged(root: Path) -> None:
    outputs.run(root)
    outputs.evaluate(root, uar={"softmax": 0.6, "softmax (seeds averaged)": 0.64})
    tracking.sync(root)
    run = only(root, "run_name = 'demo / softmax (seeds averaged)'")
    folder = root / "mlartifacts/demo" / run.info.run_id / "artifacts"
    assert set(pd.read_csv(folder / "predictions.csv")["head"]) == {"softmax (seeds averaged)"}


def test_a_store_of_an_older_version_is_brought_up_to_date(root: Path) -> None:
    outputs.run(root)
    tracking.sync(root)
    make_old(root)
    assert tracking.sync(root)["demo"].evaluations == 1
    run = only(root, "tags.kind = 'summary' and tags.head = 'xgboost'")
    assert run.info.run_name == "demo / xgboost"
    assert PARENT not in run.data.tags
    attached = {item.path for item in client(root).list_artifacts(run.info.run_id)}
    assert attached == {"confusion.json", "confusion.png", "predictions.csv"}
    experiment = client(root).get_experiment_by_name("demo")
    assert experiment is not None
    assert experiment.tags[view.TAG] == view.tag()
    assert "clear the filter" in experiment.tags["mlflow.note.content"]
    assert not tracking.sync(root)["demo"]


def test_a_description_that_a_person_wrote_stays(root: Path) -> None:
    outputs.run(root)
    tracking.sync(root)
    store = client(root)
    experiment = store.get_experiment_by_name("demo")
    assert experiment is not None
    store.set_experiment_tag(experiment.experiment_id, "mlflow.note.content", "My notes.")
    tracking.sync(root)
    experiment = store.get_experiment(experiment.experiment_id)
    assert experiment.tags["mlflow.note.content"] == "My notes."


def make_old(root: Path) -> None:
    """Turn a store back: summaries under the recipe's run, without files; no view."""
    store = client(root)
    recipe = only(root, "tags.kind = 'recipe'")
    for run in runs(root, "tags.kind = 'summary'"):
        store.update_run(run.info.run_id, name=run.data.tags["head"])
        store.set_tag(run.info.run_id, PARENT, recipe.info.run_id)
        if artifacts.TAG in run.data.tags:
            store.delete_tag(run.info.run_id, artifacts.TAG)
            shutil.rmtree(root / "mlartifacts/demo" / run.info.run_id)
    experiment = recipe.info.experiment_id
    store.set_experiment_tag(experiment, "mlflow.note.content", "A run per recipe. Under it: …")
    store.delete_experiment_tag(experiment, view.TAG)


def test_the_recipes_run_carries_the_chosen_heads_figures_and_the_report(root: Path) -> None:
    outputs.run(root)
    tracking.sync(root)
    top = only(root, "tags.kind = 'recipe'")
    assert top.data.tags["chosen"] == "xgboost"
    assert top.data.metrics["uar"] == 0.7
    assert top.data.metrics["heads/softmax/uar"] == 0.6
    assert top.data.params["training.augment.shift"] == "0.15"
    assert top.inputs is not None
    assert [item.dataset.name for item in top.inputs.dataset_inputs] == ["demo"]
    attached = {item.path for item in client(root).list_artifacts(top.info.run_id)}
    assert attached == {"metrics.json", "report.html"}
    assert Path(root, "mlartifacts/demo", top.info.run_id, "artifacts/report.html").is_file()


def test_an_ensemble_over_seeds_is_recorded_beside_its_head(root: Path) -> None:
    outputs.run(root)
    outputs.evaluate(root, uar={"softmax": 0.6, "softmax (seeds averaged)": 0.64})
    tracking.sync(root)
    top = only(root, "tags.kind = 'recipe'")
    assert top.data.metrics["heads/softmax/uar"] == 0.6
    assert top.data.metrics["heads/softmax: seeds averaged/uar"] == 0.64


def test_a_networks_run_has_its_curve_and_the_figures_of_the_kept_weights(root: Path) -> None:
    outputs.train(root)
    tracking.record_networks("demo")
    run = runs(root, "tags.kind = 'network'")[0]
    curve = client(root).get_metric_history(run.info.run_id, "epoch/loss")
    assert [(item.step, item.value) for item in curve] == [(1, 2.0), (2, 1.0), (3, 0.666667)]
    assert run.data.metrics["validation_uar"] == 0.5
    assert run.data.params["environment.threads"] == "1"
    assert run.data.tags["weights"] == outputs.network(0)["sha256"]


def test_a_heads_run_has_its_folds_figures_and_settings(root: Path) -> None:
    outputs.run(root)
    tracking.sync(root)
    run = only(root, "tags.kind = 'head' and run_name = 'xgboost fold-1 seed-0'")
    assert run.data.metrics["validation_uar"] == 0.6
    assert run.data.metrics["accuracy"] == 0.5
    assert run.data.params["head.max_depth"] == "4"
    assert run.data.params["versions.xgboost"] == "3.2.0"


def test_networks_without_a_part_have_runs_of_their_own(root: Path) -> None:
    outputs.train(root, folds=1, parts=2)
    assert tracking.record_networks("demo") == 3
    assert "demo / network fold-0 seed-0 part-1" in names(root)


def test_recording_again_makes_nothing(root: Path) -> None:
    outputs.run(root)
    first, before = tracking.sync(root), names(root)
    assert first == {"demo": SyncResult(networks=2, heads=4, evaluations=1)}
    assert tracking.sync(root) == {"demo": SyncResult(0, 0, 0)}
    assert names(root) == before


def test_two_recipes_of_a_dataset_share_its_experiment(root: Path) -> None:
    outputs.run(root)
    outputs.run(root, "demo-again")
    tracking.sync(root)
    assert {name.partition(" / ")[0] for name in names(root)} == {"demo", "demo-again"}


def test_a_training_is_logged_epoch_by_epoch(root: Path) -> None:
    with training() as logged:
        logged.epoch(1, outputs.figures(0, 1))
        logged.epoch(2, outputs.figures(0, 2))
        running = only(root, "tags.kind = 'network'")
        assert running.info.status == "RUNNING"
        assert running.data.metrics["epoch/loss"] == 1.0
        logged.done(outputs.network(0, epochs=2))
    assert only(root, "tags.kind = 'network'").info.status == "FINISHED"


def test_a_logged_training_is_not_recorded_a_second_time(root: Path) -> None:
    for fold in (0, 1):
        with training(fold) as logged:
            for epoch in (1, 2, 3):
                logged.epoch(epoch, outputs.figures(fold, epoch))
            logged.done(outputs.network(fold))
    outputs.train(root)
    assert tracking.record_networks("demo") == 0
    assert only(root, "tags.kind = 'recipe'").info.status == "FINISHED"
    assert {run.data.tags["current"] for run in runs(root)} == {"true"}


def test_a_killed_training_continues_in_the_same_run(root: Path) -> None:
    with training() as logged:
        logged.epoch(1, outputs.figures(0, 1))
        logged.epoch(2, outputs.figures(0, 2))
    with training() as logged:  # from a checkpoint after the first epoch
        for epoch in (1, 2, 3):
            logged.epoch(epoch, outputs.figures(0, epoch))
        logged.done(outputs.network(0))
    run = only(root, "tags.kind = 'network'")
    curve = client(root).get_metric_history(run.info.run_id, "epoch/validation_uar")
    assert [item.step for item in curve] == [1, 2, 3]
    assert run.info.status == "FINISHED"


def test_an_unfinished_run_is_completed_from_the_outputs(root: Path) -> None:
    training().epoch(1, outputs.figures(0, 1))
    outputs.train(root, folds=1)
    assert tracking.record_networks("demo") == 1
    run = only(root, "tags.kind = 'network'")
    assert run.info.status == "FINISHED"
    assert run.data.tags["current"] == "true"
    assert len(client(root).get_metric_history(run.info.run_id, "epoch/loss")) == 3


def test_a_training_with_other_figures_begins_another_run(root: Path) -> None:
    training().epoch(1, outputs.figures(0, 1))
    with training() as logged:
        logged.epoch(1, {**outputs.figures(0, 1), "loss": 1.9})
        logged.done(outputs.network(0, epochs=1))
    found = {run.info.status: run.data.metrics["epoch/loss"] for run in runs(root, NETWORKS)}
    assert found == {"KILLED": 2.0, "FINISHED": 1.9}


def test_new_code_that_trains_other_weights_leaves_the_old_run_as_history(root: Path) -> None:
    outputs.train(root, folds=1)
    tracking.record_networks("demo")
    outputs.train(root, folds=1, code="changed")
    assert tracking.record_networks("demo") == 1
    found = {run.data.tags["weights"]: run.data.tags["current"] for run in runs(root, NETWORKS)}
    assert found == {
        outputs.network(0)["sha256"]: "false",
        outputs.network(0, code="changed")["sha256"]: "true",
    }


def test_the_same_training_again_adds_nothing(root: Path) -> None:
    outputs.train(root, folds=1)
    tracking.record_networks("demo")
    with training() as logged:
        for epoch in (1, 2, 3):
            logged.epoch(epoch, outputs.figures(0, epoch))
        logged.done(outputs.network(0))
    assert only(root, NETWORKS).info.status == "FINISHED"


def test_another_rate_is_another_recipe_run(root: Path) -> None:
    outputs.run(root)
    tracking.sync(root)
    outputs.run(root, rate=0.1)
    assert tracking.sync(root)["demo"].networks == 2
    tops = {run.data.params["training.rate"]: run for run in runs(root, "tags.kind = 'recipe'")}
    assert {rate: run.data.tags["current"] for rate, run in tops.items()} == {
        "0.004": "false",
        "0.1": "true",
    }


def test_a_head_refitted_later_hangs_on_the_old_network(root: Path) -> None:
    outputs.run(root)
    tracking.sync(root)
    outputs.fit_heads(root, settings={"kind": "xgboost", "max_depth": 6})
    outputs.evaluate(root, uar={"softmax": 0.6, "xgboost": 0.65})
    assert tracking.sync(root) == {"demo": SyncResult(networks=0, heads=2, evaluations=1)}
    pair = runs(root, "run_name = 'xgboost fold-0 seed-0'")
    assert len({run.data.tags[PARENT] for run in pair}) == 1
    assert {run.data.params["head.max_depth"]: run.data.tags["current"] for run in pair} == {
        "4": "false",
        "6": "true",
    }
    summaries = runs(root, "tags.head = 'xgboost' and tags.kind = 'summary'")
    assert {run.data.metrics["uar"]: run.data.tags["current"] for run in summaries} == {
        0.7: "false",
        0.65: "true",
    }
    assert only(root, "tags.kind = 'recipe'").data.metrics["uar"] == 0.65


def test_going_back_to_old_settings_makes_the_old_runs_current(root: Path) -> None:
    outputs.run(root)
    tracking.sync(root)
    before = names(root)
    outputs.fit_heads(root, settings={"kind": "xgboost", "max_depth": 6})
    outputs.evaluate(root, uar={"softmax": 0.6, "xgboost": 0.65})
    tracking.sync(root)
    outputs.fit_heads(root)
    outputs.evaluate(root)
    assert tracking.sync(root)["demo"].heads == 0
    current = [run for run in runs(root) if run.data.tags["current"] == "true"]
    assert len(current) == len(before)
    assert only(root, "tags.kind = 'recipe'").data.metrics["uar"] == 0.7


def test_tried_settings_are_runs_under_their_head(root: Path) -> None:
    outputs.train(root, folds=1)
    outputs.fit_heads(root, heads=["svm"], trials=3)
    tracking.record_heads("demo")
    head = only(root, "tags.kind = 'head'")
    trials = runs(root, "tags.kind = 'trial'")
    assert Counter(run.data.tags[PARENT] for run in trials) == {head.info.run_id: 3}
    assert trials[0].data.params["head.C"] == "0"


def test_very_many_trials_become_one_file(root: Path) -> None:
    outputs.train(root, folds=1)
    outputs.fit_heads(root, heads=["svm"], trials=51)
    tracking.record_heads("demo")
    head = only(root, "tags.kind = 'head'")
    assert runs(root, "tags.kind = 'trial'") == []
    assert [f.path for f in client(root).list_artifacts(head.info.run_id)] == ["trials.json"]


def test_heads_of_networks_that_are_gone_are_named_and_left_out(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs.train(root, folds=1)
    outputs.fit_heads(root)
    outputs.train(root, folds=1, code="changed")
    assert tracking.record_heads("demo") == 0
    assert "ser run demo" in capsys.readouterr().err


def test_heads_without_their_networks_are_not_recorded_and_say_so(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs.run(root)
    shutil.rmtree(Layout(root).networks("demo"))
    assert tracking.record_heads("demo") == 0
    assert "ser run demo" in capsys.readouterr().err


def test_the_environment_variable_names_the_store(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(root / "mlflow.db", root / "other.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{root}/other.db")
    outputs.train(root, folds=1)
    tracking.record_networks("demo")
    assert len(runs(root, name="other.db")) == 2
    assert client(root).get_experiment_by_name("demo") is None


def test_an_experiment_in_a_temporary_folder_writes_to_the_real_repository(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = root / ".dvc/tmp/exps/one"
    elsewhere.mkdir(parents=True)
    (elsewhere / "dvc.yaml").touch()
    outputs.train(elsewhere, folds=1)
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("DVC_ROOT", str(root))
    monkeypatch.setenv("DVC_EXP_NAME", "first-try")
    tracking.record_networks("demo")
    assert {run.data.tags["dvc_experiment"] for run in runs(root)} == {"first-try"}
    assert not (elsewhere / "mlflow.db").exists()


def test_a_prepared_store_is_not_prepared_again(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tracking.prepare()
    assert capsys.readouterr().err == ""
    link = sqlite3.connect(root / "mlflow.db")
    assert link.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    link.close()


def test_a_server_that_is_not_there_is_one_line(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(TrackingError, match="MLFLOW_TRACKING_URI") as caught:
        tracking.prepare()
    assert "\n" not in str(caught.value)


def test_a_damaged_store_is_one_line_with_the_cure(bare: Path) -> None:
    (bare / "mlflow.db").write_text("not a database at all " * 100)
    with pytest.raises(TrackingError, match="ser track sync"):
        tracking.prepare()


def test_a_deleted_experiment_is_named_with_the_way_back(root: Path) -> None:
    outputs.train(root, folds=1)
    tracking.record_networks("demo")
    found = client(root).get_experiment_by_name("demo")
    assert found is not None
    client(root).delete_experiment(found.experiment_id)
    with pytest.raises(TrackingError, match="mlflow experiments restore --experiment-id"):
        tracking.record_networks("demo")


def test_outside_a_repository_the_error_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MLFLOW_TRACKING_URI", "DVC_ROOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TrackingError, match="MLFLOW_TRACKING_URI"):
        tracking.prepare()


def test_the_command_counts_and_then_has_nothing_to_do(root: Path) -> None:
    outputs.run(root)
    app = typer.Typer()
    app.add_typer(track, name="track")
    first = CliRunner().invoke(app, ["track", "sync"])
    assert first.stdout == "demo: 2 networks, 4 heads, 1 evaluation recorded\n"
    assert CliRunner().invoke(app, ["track", "sync"]).stdout == "nothing to do\n"


WRITER = """
import sys
from pipeline import tracking
from pipeline.training.run import Run
from tests.tracking import outputs
from tests.tracking.stored import PARENT, client, names, only, runs

fold = int(sys.argv[1])
tracking.prepare()
with tracking.training_run(outputs.about(), Run(fold, 0)) as run:
    for epoch in range(1, 31):
        run.epoch(epoch, outputs.figures(fold, epoch))
    run.done(outputs.network(fold, epochs=30))
"""


@pytest.mark.slow
def test_the_chosen_head_is_registered_once_and_predicts(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples.run_recipe(root)
    outputs.evaluate(root, "tiny", uar={"softmax": 0.5, "svm": 0.6})
    assert tracking.sync(root)["tiny"].evaluations == 1
    assert not tracking.sync(root)["tiny"]
    store = client(root)
    assert len(store.search_model_versions("name = 'ser-tiny'")) == 1
    version = store.get_model_version_by_alias("ser-tiny", "champion")
    assert version.tags["head"] == "svm"
    assert version.run_id is not None
    assert store.get_run(version.run_id).data.tags["kind"] == "recipe"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{root}/mlflow.db")
    model = mlflow.pyfunc.load_model("models:/ser-tiny@champion")
    probabilities = model.predict(model.input_example)
    assert list(probabilities.columns) == list(tiny.EMOTIONS)
    assert np.allclose(probabilities.sum(axis=1), 1)
    with pytest.raises(MlflowException, match="recording-0: not a recording that can be read"):
        model.predict(pd.DataFrame({"audio": [b"no sound"]}))


@pytest.mark.slow
def test_heads_of_a_recipe_without_a_network_are_under_the_recipe(root: Path) -> None:
    examples.run_without_network(root)
    outputs.evaluate(root, "numbers", uar={"svm": 0.6})
    assert tracking.sync(root) == {"numbers": SyncResult(networks=0, heads=3, evaluations=1)}
    assert not tracking.sync(root)["numbers"]
    recipe = only(root, "tags.kind = 'recipe'", "lab")
    heads = runs(root, "tags.kind = 'head'", "lab")
    assert {run.data.tags[PARENT] for run in heads} == {recipe.info.run_id}
    assert recipe.info.status == "FINISHED"
    assert recipe.data.metrics["uar"] == 0.6
    version = client(root).get_model_version_by_alias("ser-numbers", "champion")
    assert version.tags["head"] == "svm"


@pytest.mark.slow
def test_several_processes_use_a_fresh_store_at_once(bare: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "SER_THREADS": "1"}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(fold)],
            cwd=bare, env=environment, stderr=subprocess.PIPE, text=True,
        )
        for fold in range(4)
    ]  # fmt: skip
    errors = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0], errors
    assert sum("preparing" in line for line in errors) == 1
    networks = runs(bare, NETWORKS)
    assert len(networks) == 4
    assert len({run.data.tags[PARENT] for run in networks}) == 1
    store = client(bare)
    for run in networks:
        assert len(store.get_metric_history(run.info.run_id, "epoch/loss")) == 30
