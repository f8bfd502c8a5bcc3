#!/usr/bin/env bash
# torch 2.13.0, CPU: the float32 L2 norm of a large tensor is too small, and clip_grad_norm_ with it.
#
# torch.linalg.vector_norm adds the squares of float32 numbers one after the other in a few lanes, so that
# what is added is rounded away as the sums grow. x.square().sum().sqrt() adds in pairs and is right.
# Seen with torch 2.13.0+cpu, one thread, AVX2 and AVX-512:
#
#   33554432 normal numbers: vector_norm 5782.551, square().sum().sqrt() 5793.092, in float64 5793.092
#   268435456 ones: vector_norm 11585.24, the square root is 16384
#   clip_grad_norm_ to 1 leaves a gradient whose norm is 1.0018
#
# Who clips the gradient of an embedding of that size in float32 on a CPU clips too little.
# Exits with 0 if torch still does so. Needs python3 with venv and pip, 200 MB of download, 2 GB of memory.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip=("$folder/venv/bin/python" -m pip install -q --disable-pip-version-check)
"${pip[@]}" "torch==2.13.0+cpu" numpy 2>/dev/null || "${pip[@]}" "torch==2.13.0" numpy
"$folder/venv/bin/python" - <<'EOF'
import sys
import torch

torch.set_num_threads(1)
print("torch", torch.__version__)
x = torch.randn(1 << 25, generator=torch.Generator().manual_seed(0))
norm = torch.linalg.vector_norm(x).item()
paired = x.square().sum().sqrt().item()
exact = x.double().square().sum().sqrt().item()
print(f"{x.numel()} normal numbers: vector_norm {norm:.3f}, square().sum().sqrt() {paired:.3f}, "
      f"in float64 {exact:.3f}")
weight = torch.nn.Parameter(torch.zeros_like(x))
weight.grad = x
torch.nn.utils.clip_grad_norm_([weight], 1.0)
clipped = weight.grad.double().square().sum().sqrt().item()
print(f"after clip_grad_norm_ to 1 the norm is {clipped:.4f}")
del weight, x
ones = torch.linalg.vector_norm(torch.ones(1 << 28)).item()
print(f"{1 << 28} ones: vector_norm {ones:.2f}, the square root is {2 ** 14}")
same = norm < exact * 0.999 and abs(paired / exact - 1) < 1e-6 and clipped > 1.001 and ones < 12000
sys.exit(0 if same else "the behaviour has changed")
EOF
