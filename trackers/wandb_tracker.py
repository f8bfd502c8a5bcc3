#!/usr/bin/env python3
"""Brings runs of think2seg into Weights & Biases; tried offline with wandb 0.31.

    pip install wandb==0.31.0
    logging:
      trackers:
        wandb: {command: [python3, trackers/wandb_tracker.py, --project, segmentation]}

Without an account: WANDB_MODE=offline, and `wandb sync` later. wandb takes a step once and no earlier
one after it: what comes again is left out by the server.
"""

import argparse
import json
import os
import sys

# What libraries print is no answer.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import wandb  # noqa: E402

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("--project", default="think2seg")
options = parser.parse_args()
run = folder = None
for line in sys.stdin:
    record = json.loads(line)
    kind, step = record["type"], record.get("step")
    if kind == "run":
        folder = record["folder"]
        run = wandb.init(
            project=options.project, id=record["id"], name=record["name"], resume="allow",
            config=record["configuration"], dir=os.path.join(folder, "trackers"))
        run.define_metric("*", step_metric="step")
    elif kind in ("metrics", "evaluation"):
        run.log({**record["metrics"], "step": step})
    elif kind == "completions":
        columns = ["question", "completion", "reward"]
        rows = [[c.get(name) for name in columns] for c in record["completions"]]
        run.log({"completions": wandb.Table(columns=columns, data=rows), "step": step})
    elif kind == "picture":
        image = wandb.Image(os.path.join(folder, record["file"]), caption=record["text"])
        run.log({f"samples/{record['index']}": image, "step": step})
    elif kind == "warning":
        run.alert(title=record["name"] or "warning", text=record["message"])
    elif kind == "end":
        run.finish(exit_code=1 if record["ending"] == "failed" else 0)
    print(json.dumps({"ack": record["n"]}), file=answers, flush=True)
