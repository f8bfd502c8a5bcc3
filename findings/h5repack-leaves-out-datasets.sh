#!/usr/bin/env bash
# h5repack 1.10.8 (Debian hdf5-tools 1.10.8+repack1-1): a dataset whose filter it does not have is missing
# from the copy whenever a filter or layout is asked for, and the exit status says success.
#
# h5py compresses with lzf by `compression="lzf"`, a filter of its own. `h5repack -f NONE`, which should take
# compression away, prints a warning, copies everything else and exits with 0. Seen with -f NONE, -f GZIP=4
# and -l CONTI, of a file with three datasets:
#
#   in: gzip, lzf, plain   out: gzip, plain   exit status 0
#
# Without options the dataset is copied as it is. Who replaces a file by such a copy loses data: h5py itself
# reads lzf, and with hdf5plugin the other filters; copy with it.
# Exits with 0 if h5repack still does so. Needs Debian or Ubuntu's apt-get, python3 with venv and pip.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
version=1.10.8+repack1-1
apt-get download -q "hdf5-tools=$version" "libhdf5-103-1=$version" "libhdf5-hl-100=$version" libaec0 libsz2 \
    >/dev/null 2>&1 || { echo "hdf5-tools $version cannot be had here" >&2; exit 69; }
for package in *.deb; do dpkg -x "$package" unpacked; done
libraries=$(find "$folder/unpacked" -name 'libhdf5_serial.so.103*' -printf '%h\n' | head -1)
python3 -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check h5py==3.16.0 numpy==2.2.6
venv/bin/python - <<'EOF'
import h5py, numpy
with h5py.File("in.h5", "w") as file:
    numbers = numpy.arange(4096, dtype="i4")
    file.create_dataset("plain", data=numbers)
    file.create_dataset("gzip", data=numbers, compression="gzip")
    file.create_dataset("lzf", data=numbers, compression="lzf")
EOF
repack() { LD_LIBRARY_PATH="$libraries" "$folder/unpacked/usr/bin/h5repack" "$@"; }
repack --version
for options in "-f NONE" "-f GZIP=4" "-l CONTI"; do
    status=0
    repack $options in.h5 out.h5 >message 2>&1 || status=$?
    echo "h5repack $options in.h5 out.h5: exit status $status; $(head -1 message)"
    venv/bin/python - "$status" <<'EOF'
import h5py, sys
before, after = (sorted(h5py.File(name)) for name in ("in.h5", "out.h5"))
print("in:", ", ".join(before), "  out:", ", ".join(after))
sys.exit(0 if sys.argv[1] == "0" and after == ["gzip", "plain"] else "the behaviour has changed")
EOF
    rm out.h5
done
