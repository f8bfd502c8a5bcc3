#!/usr/bin/env bash
# Aim 3.29.1: `aim convert tensorboard --logdir RUN` takes nothing of event files that lie in RUN itself, and
# says that the conversion is complete.
#
# TensorBoard shows such a folder as one run. Aim looks for runs below the folder that it is given: the same
# files are a run for it if the folder above is named. Seen with tensorflow-cpu 2.21.0, tensorboard 2.20.0:
#
#   --logdir runs/first: "TensorBoard logs conversion complete!", status 0, 0 runs
#   --logdir runs:       "TensorBoard logs conversion complete!", status 0, 1 run
#
# Exits with 0 if Aim still does so. Needs python3 with venv and pip, 600 MB of download.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check \
    aim==3.29.1 tensorflow-cpu==2.21.0 tensorboard==2.20.0
"$folder/venv/bin/python" - "$folder/runs/first" <<'EOF'
import sys

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

writer = EventFileWriter(sys.argv[1])
for step in range(3):
    value = Summary.Value(tag="reward", simple_value=step / 2)
    writer.add_event(Event(wall_time=1.7e9 + step, step=step, summary=Summary(value=[value])))
writer.close()
EOF
converted() {
    local repository
    repository=$(mktemp -d -p "$folder")
    cd "$repository"
    "$folder/venv/bin/aim" init -s >init.log 2>&1
    "$folder/venv/bin/aim" convert tensorboard --logdir "$1" >convert.log 2>&1
    grep -q "conversion complete" convert.log
    "$folder/venv/bin/python" -c \
        'import aim; print(len(aim.Repo.from_path(".").list_all_runs()))' 2>python.log
}
own=$(converted "$folder/runs/first")
above=$(converted "$folder/runs")
echo "aim 3.29.1: runs of the run's own folder: $own, of the folder above: $above"
[ "$own" = 0 ] && [ "$above" = 1 ] || { echo "the behaviour has changed" >&2; exit 1; }
