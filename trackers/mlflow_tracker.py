#!/usr/bin/env python3
"""Brings runs of think2seg into MLflow; tried with MLflow 3.17 and a file of SQLite.

    pip install mlflow==3.17.2
    logging:
      trackers:
        mlflow: {command: [python3, trackers/mlflow_tracker.py, --uri, "sqlite:///mlflow.db"]}
    mlflow ui --backend-store-uri sqlite:///mlflow.db

A run is found again by a tag. A record that may be there already is looked for before it is stored; files
are stored under the same names.
"""

import argparse
import json
import os
import pathlib
import sys

# What libraries print is no answer.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from mlflow.entities import Metric, Param  # noqa: E402
from mlflow.tracking import MlflowClient  # noqa: E402

TAG = "think2seg.run"


def begin(client, experiment, artifacts, record, name):
    """The id of the run that a record tells of; made if it is not there."""
    found = client.get_experiment_by_name(experiment)
    place = found.experiment_id if found else client.create_experiment(experiment, artifact_location=artifacts)
    runs = client.search_runs([place], f"tags.`{TAG}` = '{record['id']}'", max_results=1)
    if runs:
        return runs[0].info.run_id
    tags = {TAG: record["id"], "think2seg.folder": record["folder"], "think2seg.version": record["version"]}
    run = client.create_run(place, run_name=name or record["name"], tags=tags).info.run_id
    params = [Param(key, json.dumps(value) if isinstance(value, (dict, list)) else str(value))
              for key, value in record["configuration"].items()]
    for first in range(0, len(params), 100):
        client.log_batch(run, params=params[first:first + 100])
    return run


def holds(client, run, metric):
    """Whether a metric has a value of the step, at whatever time."""
    return any(old.step == metric.step for old in client.get_metric_history(run, metric.key))


def store(client, run, folder, record):
    kind, step, time = record["type"], record["step"], round(record["time"] * 1000)
    if kind in ("metrics", "evaluation"):
        metrics = [Metric(name, value, time, step)
                   for name, value in record["metrics"].items() if value is not None]
        if record.get("repeated"):
            metrics = [metric for metric in metrics if not holds(client, run, metric)]
        client.log_batch(run, metrics=metrics)
        if client.get_run(run).info.status != "RUNNING":  # it goes on after an end
            client.update_run(run, status="RUNNING")
    elif kind == "completions":
        lines = "".join(json.dumps(c, ensure_ascii=False) + "\n" for c in record["completions"])
        client.log_text(run, lines, f"completions/step-{step}.jsonl")
    elif kind == "picture":
        client.log_artifact(run, str(folder / record["file"]), "pictures")
        client.log_text(run, record["text"], f"pictures/step-{step}-{record['index']}.md")
    elif kind == "warning":
        text = f"{record['message']}. {record['hint']}\n"
        client.log_text(run, text, f"warnings/step-{step}-{record.get('index', 0)}.txt")
    elif kind == "end":
        status = {"failed": "FAILED", "finished": "FINISHED", "stalled": "FINISHED"}
        client.set_terminated(run, status=status.get(record["ending"], "KILLED"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--uri", default="sqlite:///mlflow.db", help="where MLflow stores runs, or its server")
    parser.add_argument("--artifacts", help="where a new experiment keeps files; mlartifacts beside a SQLite file")
    parser.add_argument("--experiment", default="think2seg")
    parser.add_argument("--name", help="what the run is called; its folder if not given")
    options = parser.parse_args()
    artifacts = options.artifacts
    if artifacts is None and options.uri.startswith("sqlite:///"):
        artifacts = pathlib.Path(options.uri.removeprefix("sqlite:///")).resolve().with_name("mlartifacts").as_uri()
    client = MlflowClient(options.uri)
    run = folder = None
    for line in sys.stdin:
        record = json.loads(line)
        if record["type"] == "run":
            run = begin(client, options.experiment, artifacts, record, options.name)
            folder = pathlib.Path(record["folder"])
        else:
            store(client, run, folder, record)
        print(json.dumps({"ack": record["n"]}), file=answers, flush=True)


if __name__ == "__main__":
    main()
