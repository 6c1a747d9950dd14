#!/usr/bin/env python3
"""What a second thread brings, beside what it brings a matrix product, and what a busy core costs.

    cargo build --release
    python3 benches/threads.py --torch-python VENV/bin/python

For each paired network, batch 64, one after the other, `--rounds` times: a training step on one thread, on two, and on
two while another process keeps the first core busy. sgemm (PyTorch's, of 2048 by 2048) is timed on one thread and on
two in each round. The table shows medians; the last line sets the networks' gains against sgemm's.
"""
import argparse
import os
import subprocess
import sys
from pathlib import Path

from against_pytorch import PAIRS, ROOT, chosen_of, geometric_mean, median, netc

SGEMM = """
import sys, time, torch
torch.set_num_threads(int(sys.argv[1]))
a, b = torch.rand(2048, 2048), torch.rand(2048, 2048)
def seconds():
    start = time.perf_counter(); a @ b; return time.perf_counter() - start
seconds(); print(sorted(seconds() for _ in range(15))[7])
"""
BUSY = "import os; os.sched_setaffinity(0, {int(os.environ['CORE'])})\nwhile True: pass"


def step(options, net, threads):
    """Milliseconds of a training step."""
    return netc(options, net, options.batch, threads)["train_ms"]


def beside_a_busy_core(options, net):
    """The same on two threads, while another process keeps one core busy."""
    core = min(os.sched_getaffinity(0))
    busy = subprocess.Popen([sys.executable, "-c", BUSY], env={**os.environ, "CORE": str(core)})
    try:
        return step(options, net, 2)
    finally:
        busy.kill()
        busy.wait()


def sgemm(options, threads):
    """Seconds of one product."""
    command = [options.torch_python, "-c", SGEMM, str(threads)]
    done = subprocess.run(command, capture_output=True, text=True)
    return float(done.stdout) if done.returncode == 0 else sys.exit(f"sgemm by {command[0]} failed\n{done.stderr.strip()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--netc", default=ROOT / "target/release/netc", type=Path)
    parser.add_argument("--torch-python", default="python3")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", help="parts of names")
    options = parser.parse_args()
    chosen = chosen_of(PAIRS, options)
    print(f"{'net':26s} {'1 thread':>9s} {'2 threads':>9s} {'gain':>6s} {'busy core':>9s} {'times':>6s}")
    gains, sgemm_gains, costs = [], [], []
    for net in chosen:
        one, two, busy, gain, cost = [], [], [], [], []
        for _ in range(options.rounds):
            one.append(step(options, net, 1))
            two.append(step(options, net, 2))
            busy.append(beside_a_busy_core(options, net))
            gain.append(one[-1] / two[-1])
            cost.append(busy[-1] / two[-1])
            sgemm_gains.append(sgemm(options, 1) / sgemm(options, 2))
        gains.append(median(gain))
        costs.append(median(cost))
        print(f"{net:26s} {median(one):9.2f} {median(two):9.2f} {gains[-1]:6.2f} {median(busy):9.2f} {costs[-1]:6.2f}", flush=True)
    mean, product = geometric_mean(gains), median(sgemm_gains)
    print(f"gain: geometric mean {mean:.2f}, sgemm {product:.2f}: {mean / product:.2f} of it; a busy core costs at most {max(costs):.2f} times")


if __name__ == "__main__":
    main()
