#!/usr/bin/env python3
"""Brings runs of think2seg into Weights & Biases; tried offline with wandb 0.31.

    pip install wandb==0.31.0
    logging:
      trackers:
        wandb: {command: [python3, trackers/wandb_tracker.py, --project, segmentation]}

Without an account: WANDB_MODE=offline, and `wandb sync` later. wandb has no keys by which it would know
what it has: the one record in doubt after a crash may be there twice.
"""

import argparse
import json
import os
import sys

# What libraries print is no answer.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import wandb  # noqa: E402

COLUMNS = ["question", "completion", "reward", "advantage"]


def begin(first, project):
    run = wandb.init(
        project=project, id=first["id"], name=first["name"], resume="allow",
        config=first["configuration"], dir=os.path.join(first["folder"], "trackers"))
    run.define_metric("*", step_metric="step")
    return run


def store(run, folder, record):
    kind, step = record["type"], record["step"]
    if kind in ("metrics", "evaluation"):
        run.log({**record["metrics"], "step": step})
    elif kind == "completions":
        rows = [[c.get(name) for name in COLUMNS] for c in record["completions"]]
        run.log({"completions": wandb.Table(columns=COLUMNS, data=rows), "step": step})
    elif kind == "picture":
        image = wandb.Image(os.path.join(folder, record["file"]), caption=record["text"])
        run.log({f"samples/{record['index']}": image, "step": step})
    elif kind == "warning":
        run.alert(title=record["name"] or "warning", text=record["message"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", default="think2seg")
    options = parser.parse_args()
    first = run = None
    for line in sys.stdin:
        record = json.loads(line)
        if record["type"] == "run":
            first = record
        elif record["type"] == "end":
            run = run or begin(first, options.project)  # a program that was started anew for it
            run.finish(exit_code=1 if record["ending"] == "failed" else 0)
            run = None  # a run that goes on has more lines
        else:
            run = run or begin(first, options.project)
            store(run, first["folder"], record)
        print(json.dumps({"ack": record["n"]}), file=answers, flush=True)


if __name__ == "__main__":
    main()
