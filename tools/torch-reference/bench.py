"""Runs PyTorch's side of bench/train.ts: one JSON command a line on stdin, one JSON answer a line on stdout.

{"name": "depth", "mode": "train" | "infer", "batch": 4, "size": 256, "threads": 2, "runs": 3}
→ {"ms": [...], "peak_mb": ...}
"""

import json
import resource
import sys
import time

import torch

import networks

MAKE = {
    "depth": lambda: networks.Depth(5, 64),
    "resnet18": lambda: networks.Body(networks.resnet18()),
    "resnet50": lambda: networks.Body(networks.resnet50()),
}


def prepare(command):
    torch.set_num_threads(command["threads"])
    torch.manual_seed(0)
    net = MAKE[command["name"]]()
    x = torch.rand(command["batch"], 5 if command["name"] == "depth" else 3, command["size"], command["size"])
    if command["mode"] == "infer":
        net.eval()

        def run():
            with torch.inference_mode():
                net(x)

        return run
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-4)

    def run():
        optimiser.zero_grad(set_to_none=True)
        net(x).square().mean().backward()
        optimiser.step()

    return run


prepared = {}
for line in sys.stdin:
    command = json.loads(line)
    key = (command["name"], command["mode"], command["batch"])
    if key not in prepared:
        prepared.clear()
        prepared[key] = prepare(command)
    times = []
    for _ in range(command["runs"]):
        start = time.perf_counter()
        prepared[key]()
        times.append(1000 * (time.perf_counter() - start))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": times, "peak_mb": peak}), flush=True)
