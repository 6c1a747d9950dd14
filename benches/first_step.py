#!/usr/bin/env python3
"""How long a training takes to get going: from the process's start to its first epoch, which is one step of 64 images.

    cargo build --release
    python3 benches/first_step.py

The epoch's line is written behind its step, so that the figure bounds the step's end from above.
"""
import argparse
import subprocess
import tempfile
import time
from pathlib import Path

from against_pytorch import ROOT, median


def first_epoch(options):
    """Milliseconds until the line of the first epoch comes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [options.netc, "train", ROOT / "models/zhang/lstm.net", "--dataset", "sketches", "--batch", "64",
                   "--epochs", "2", "--train-fraction", str(options.fraction), "--out", Path(folder) / "run"]
        start = time.perf_counter()
        try:
            child = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        except OSError as error:
            raise SystemExit(f"`{options.netc}` does not start: {error.strerror} (`cargo build --release` makes it)") from None
        for line in child.stdout:
            if line.startswith("epoch 1/2"):
                milliseconds = 1e3 * (time.perf_counter() - start)
                child.kill()
                child.wait()
                return milliseconds
    raise SystemExit("no epoch was trained")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--netc", default=ROOT / "target/release/netc", type=Path)
    parser.add_argument("--fraction", type=float, default=0.0064, help="of the training images: 64 of 10,000")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    times = [first_epoch(options) for _ in range(options.rounds)]
    print(f"first step: median {median(times):.0f} ms, most {max(times):.0f} ms of {len(times)}")


if __name__ == "__main__":
    main()
