#!/usr/bin/env bash
# trackio 0.43.0 with tbparse 0.0.9: import_tf_events stores no time of any scalar.
#
# TensorBoard's events have wall times, and tbparse gives them to who asks for them
# (extra_columns={"wall_time"}). What trackio imports has an empty text for each time, so that its charts
# over time and the order of runs have nothing to go by. Event files that lie in the given folder itself
# become a run called "main", whatever the folder is called. Seen:
#
#   tbparse: steps 0, 1, 2 at 1700000000, 1700000060, 1700000120
#   trackio: run main, steps 0, 1, 2, times '', '', ''
#
# Who wants times logs them as the run goes on, or writes them afterwards.
# Exits with 0 if trackio still does so. Needs python3 with venv and pip, 300 MB of download.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check \
    trackio==0.43.0 tbparse==0.0.9 tensorboard==2.21.0
TRACKIO_DIR=$folder/trackio "$folder/venv/bin/python" - "$folder/runs/first" <<'EOF'
import os
import pathlib
import sqlite3
import sys

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

run = sys.argv[1]
writer = EventFileWriter(run)
for step in range(3):
    value = Summary.Value(tag="reward", simple_value=step / 2)
    writer.add_event(Event(wall_time=1.7e9 + 60 * step, step=step, summary=Summary(value=[value])))
writer.close()

import tbparse
import trackio

table = tbparse.SummaryReader(run, extra_columns={"wall_time"}).scalars
print("tbparse: steps", list(table.step), "at", [int(time) for time in table.wall_time])
trackio.import_tf_events(run, project="p")
(database,) = pathlib.Path(os.environ["TRACKIO_DIR"]).glob("p.db")
rows = sqlite3.connect(database).execute(
    "select run_name, step, timestamp from metrics order by step").fetchall()
print("trackio", trackio.__version__, rows)
known = [int(time) for time in table.wall_time] == [1700000000, 1700000060, 1700000120]
same = known and rows == [("main", step, "") for step in range(3)]
sys.exit(0 if same else "the behaviour has changed")
EOF
