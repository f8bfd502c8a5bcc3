#!/usr/bin/env python3
"""Brings runs of think2seg into trackio on this machine; tried with trackio 0.43.

    pip install trackio==0.43.0
    logging:
      trackers:
        trackio: {command: [python3, trackers/trackio_tracker.py, --project, segmentation]}
    trackio show --project segmentation

Every record is stored before it is acknowledged, under a key of its own, so that one which comes again
changes nothing. Times are those of the run.
"""

import argparse
import datetime
import json
import os
import pathlib
import shutil
import sys

# What libraries print is no answer.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from trackio.markdown import Markdown  # noqa: E402
from trackio.media.utils import get_project_media_path  # noqa: E402
from trackio.sqlite_storage import SQLiteStorage  # noqa: E402
from trackio.table import Table  # noqa: E402
from trackio.utils import MEDIA_DIR  # noqa: E402

COLUMNS = ["question", "completion", "reward", "advantage"]


def picture(record, run, project):
    """A picture's entry; its file gets the same name each time."""
    source = pathlib.Path(run["folder"]) / record["file"]
    folder = get_project_media_path(project=project, run=run["key"], step=record["step"])
    place = folder / f"picture-{record['index']}{source.suffix}"
    shutil.copyfile(source, place)
    return {
        "_type": "trackio.image",
        "file_path": str(place.relative_to(MEDIA_DIR)),
        "caption": f"step {record['step']}",
    }


def values(record, run, project):
    """What trackio is given of a record; None for nothing."""
    kind = record["type"]
    if kind in ("metrics", "evaluation"):
        return {name: value for name, value in record["metrics"].items() if value is not None}
    if kind == "completions":
        rows = [[c.get(name) for name in COLUMNS] for c in record["completions"]]
        return {"completions": Table(columns=COLUMNS, data=rows)._to_dict(project, run["key"])}
    if kind == "picture":
        name = f"samples/{record['index']}"
        return {
            f"{name}/picture": picture(record, run, project),
            f"{name}/answers": Markdown(record["text"])._to_dict(),
        }
    if kind == "warning":
        return {"warning": Markdown(f"{record['message']}. {record['hint']}")._to_dict()}
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", default="think2seg")
    parser.add_argument("--name", help="what the run is called; its folder if not given")
    options = parser.parse_args()
    run = {}
    for line in sys.stdin:
        record = json.loads(line)
        if record["type"] == "run":
            run = record
            run["title"] = options.name or record["name"]
            # Names of folders: two runs may have one name.
            run["key"] = record["id"]
            config = {**record["configuration"], "_Created": datetime.datetime.now(datetime.timezone.utc).isoformat()}
        elif (content := values(record, run, options.project)) is not None:
            kind, step, index = record["type"], record["step"], record.get("index", 0)
            time = datetime.datetime.fromtimestamp(record["time"], datetime.timezone.utc)
            SQLiteStorage.bulk_log(
                project=options.project, run=run["title"], run_id=run["id"],
                metrics_list=[content], steps=[step], timestamps=[time.isoformat()],
                log_ids=[f"{run['id']}-{kind}-{step}-{index}"], config=config,
            )
            config = None
        print(json.dumps({"ack": record["n"]}), file=answers, flush=True)


if __name__ == "__main__":
    main()
