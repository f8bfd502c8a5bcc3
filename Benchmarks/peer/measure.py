"""Times, memory and the speed of a matrix product."""

import resource
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

import torch

Result = TypeVar("Result")


class Recorder:
    """Wall and CPU seconds (user and system, all threads) of named pieces of work."""

    def __init__(self) -> None:
        self.wall: dict[str, list[float]] = defaultdict(list)
        self.cpu: dict[str, list[float]] = defaultdict(list)

    def time(self, name: str, work: Callable[[], Result]) -> Result:
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        self.wall[name].append(time.perf_counter() - wall)
        self.cpu[name].append(time.process_time() - cpu)
        return result

    def summary(self, name: str) -> dict[str, Any]:
        return {
            "median_s": statistics.median(self.wall[name]), "runs_s": self.wall[name],
            "cpu_s": statistics.median(self.cpu[name]), "cpu_runs_s": self.cpu[name]}


def peak_rss_mb() -> float:
    """The most memory that the process has had, in MiB."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def gemm_peak_gflops(dtype: torch.dtype, size: int = 2048, tries: int = 8) -> float:
    """The best speed of `size`³ products on the threads in use, of the two libraries torch has.

    One thread's is by CPU time, which others on the machine change less.
    """
    clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
    left, right = (torch.rand(size, size).to(dtype) for _ in range(2))
    products: list[Callable[[], object]] = [lambda: torch.nn.functional.linear(left, right)]
    if torch.backends.mkldnn.is_available():
        products.append(
            lambda: torch.ops.mkldnn._linear_pointwise(left, right, None, "none", [], ""))
    best = float("inf")
    for product in products:
        for _ in range(tries):
            start = clock()
            product()
            best = min(best, clock() - start)
    return 2 * size**3 / best / 1e9
