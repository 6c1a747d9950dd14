#!/usr/bin/env python3
"""Time netc and PyTorch alternately, in the same minutes, on the twelve paired networks and two classics.

    cargo build --release
    python3 benches/against_pytorch.py --torch-python VENV/bin/python --peer ../shared/peers/torch_bench.py

For each network and batch, the two programs run one after the other `--rounds` times; a ratio is PyTorch's time
over netc's of one round, and the table shows the median of the rounds with the times of its round. Needs nothing
but Python here; torch is needed by the interpreter that `--torch-python` names. `--peer` is a script that trains the same
networks in PyTorch: with `--only NET --batch B --threads T --steps S --json` it prints an object with `train_ms` and
`infer_ms`.

With `--table` PyTorch is timed compiled as well, and the rows are those of `docs/performance.md`, in Markdown.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAIRS = {
    "ji2022/model1": "ji_model1_lstm",
    "ji2022/model1_cnn": "ji_model1",
    "ji2022/model4": "ji_model4",
    "group24/model1": "group24_model1",
    "zhang/lstm": "zhang_lstm",
    "zhang/rnn": "zhang_rnn",
    "cs554/model1_cnn": "cs554_cnn",
    "cs554/model2_cnn_lstm": "cs554_cnn_lstm",
    "cs554/model3_skip": "cs554_cnn_lstm_skip",
    "cs554/model4_autoencoder": "cs554_autoencoder",
    "bas/ann1": "bas_ann",
    "bas/cnn1": "bas_cnn",
}
# What `../shared/probes/README.md` prints for whole training steps of the probes, on two cores of a Zen 4 with AVX-512:
# PyTorch's time over the probe's at 16 and 64 images.
PROBES = {
    "ji2022/model1_cnn": {16: 4.2, 64: 3.3},
    "zhang/lstm": {16: 6.5, 64: 3.6},
    "zhang/rnn": {16: 41, 64: 15},
    "cs554/model1_cnn": {16: 3.3, 64: 3.2},
    "bas/ann1": {16: 3.5, 64: 1.95},
    "bas/cnn1": {16: 4, 64: 3.5},
}
CLASSICS = {"classics/resnet20": "resnet20", "classics/wrn16_4": "wrn16_4"}


def netc(options, net, batch, threads):
    """Milliseconds of a training step and of a forward pass by netc."""
    command = [options.netc, "bench", ROOT / "models" / f"{net}.net", "--batch", str(batch),
               "--threads", str(threads), "--steps", str(options.steps), "--format", "json"]
    return run(command)[0]


def pytorch(options, peer, batch, compiled):
    """The same by PyTorch."""
    command = [options.torch_python, options.peer, "--only", peer, "--batch", str(batch),
               "--threads", str(options.threads), "--steps", str(options.steps), "--json"]
    if compiled:
        command.append("--compile")
    return run(command)[0]


def run(command):
    """The objects that a command printed, and its peak resident memory in MiB as `peak_mib` of the first."""
    command = [str(part) for part in command]
    with tempfile.TemporaryFile("w+") as errors:
        try:
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        except OSError as error:
            sys.exit(f"`{command[0]}` does not start: {error.strerror} (`cargo build --release` makes netc)")
        out = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        if status != 0:
            errors.seek(0)
            sys.exit(f"failed: {' '.join(command)}\n{errors.read().strip()}")
    read = json.loads(out) if out.lstrip().startswith("[") else [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    read[0]["peak_mib"] = usage.ru_maxrss / 1024
    return read


def median(values):
    return sorted(values)[len(values) // 2]


def measure(options, net, peer, batch):
    """Of each figure the median ratio, with the two figures of its round; `compiled` is for `--table` alone."""
    rounds = []
    for _ in range(options.rounds):
        programs = [netc(options, net, batch, options.threads), pytorch(options, peer, batch, options.compile)]
        rounds.append(programs + ([pytorch(options, peer, batch, True)] if options.table else []))
    row = {"net": net, "batch": batch, **{key: ratio(rounds, key, 1) for key in ("train_ms", "infer_ms", "peak_mib")}}
    if options.table:
        row["compiled"] = ratio(rounds, "train_ms", 2)
    return row


def ratio(rounds, key, peer):
    """The median over the rounds of a figure of their program number `peer` over netc's."""
    ratios = sorted((programs[peer][key] / programs[0][key], programs[0][key], programs[peer][key]) for programs in rounds)
    return dict(zip(("ratio", "netc", "pytorch"), median(ratios)))


def show(row):
    cells = [f"{row[key]['netc']:8.2f} {row[key]['pytorch']:8.2f} {row[key]['ratio']:6.2f}" for key in ("train_ms", "infer_ms", "peak_mib")]
    print(f"{row['net']:26s} {row['batch']:4d}  " + "  ".join(cells), flush=True)


def show_markdown(row, options, peak):
    """A step is counted as three times the multiplications and additions of a forward pass."""
    net, batch, step = row["net"], row["batch"], row["train_ms"]["netc"]
    report = run([options.netc, "check", ROOT / "models" / f"{net}.net", "--format", "json"])[0]
    share = 6 * report["files"][0]["macs"] * batch / (step * 1e6) / peak
    probe = PROBES.get(net, {}).get(batch, "")
    print(f"| `{net}` | {batch} | {step:.3g} | {100 * share:.0f} % | {row['train_ms']['ratio']:.1f} | {row['compiled']['ratio']:.1f} | {probe} |", flush=True)


def machine_peak():
    """Billions of operations a second of all cores, in a loop of nothing but multiplications and additions."""
    # No kernel has this in its name, so that the peak alone is measured.
    command = ["cargo", "bench", "--quiet", "--bench", "kernels", "--", "peak alone"]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return float(out.split("peak of all")[1].split("cores ")[1].split()[0])


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def summary(rows, key, what):
    ratios = [row[key]["ratio"] for row in rows]
    if ratios:
        print(f"{what}: geometric mean {geometric_mean(ratios):.2f}, least {min(ratios):.2f} of {len(ratios)}", flush=True)


def chosen_of(pairs, options):
    """The networks of which a part of the name is given, or all."""
    chosen = [net for net in pairs if not options.only or any(part in net for part in options.only)]
    return chosen or sys.exit(f"none of {', '.join(pairs)} is named by {' '.join(options.only)}")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--netc", default=ROOT / "target/release/netc")
    parser.add_argument("--torch-python", default="python3")
    parser.add_argument("--peer", default=ROOT / "../shared/peers/torch_bench.py")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, nargs="+", default=[16, 64])
    parser.add_argument("--only", nargs="+", help="parts of names")
    parser.add_argument("--classics", action="store_true", help="the classics instead of the paired networks")
    peers = parser.add_mutually_exclusive_group()
    peers.add_argument("--compile", action="store_true", help="PyTorch compiled")
    peers.add_argument("--table", action="store_true", help="the table of docs/performance.md, with both")
    parser.add_argument("--json", help="write the rows to this file")
    return parser.parse_args()


def main():
    options = parse()
    pairs = CLASSICS if options.classics else PAIRS
    chosen = chosen_of(pairs, options)
    if options.table:
        peak = machine_peak()
        print(f"Of a peak of {peak:.0f} GFLOP/s:\n\n| net | batch | ms | of peak | PyTorch eager | compiled | probe |\n| --- | --- | --- | --- | --- | --- | --- |")
    else:
        print(f"{'net':26s} batch  train: netc  torch  ratio   infer: netc  torch  ratio   MiB: netc  torch  ratio")
    rows = []
    for net in chosen:
        for batch in options.batch:
            rows.append(measure(options, net, pairs[net], batch))
            show_markdown(rows[-1], options, peak) if options.table else show(rows[-1])
    summary([row for row in rows if row["batch"] > 1], "train_ms", "training")
    summary([row for row in rows if row["batch"] > 1], "infer_ms", "inference")
    summary([row for row in rows if row["batch"] == 1], "infer_ms", "inference of single images")
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
