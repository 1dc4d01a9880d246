#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The peer of bench_engine: the same networks, start weights, samples and labels in PyTorch.

bench_pytorch.py --net N3 --batch 32 --threads 2 --seconds 2 --weights FILE.safetensors --variant fused [--serve]

Variants: default (as a student writes it), fused (fused optimizer), compile (torch.compile too), channels_last (fused
optimizer, channels_last memory). Prints one JSON line, or with --serve one for each line on standard input.
"""
import argparse
import json
import resource
import struct
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


def read_safetensors(file):
    """The format is 8 bytes of length, a JSON header, raw tensors."""
    with open(file, "rb") as source:
        length = struct.unpack("<Q", source.read(8))[0]
        header = json.loads(source.read(length))
        data = source.read()
    types = {"F32": torch.float32, "I32": torch.int32}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(bytearray(data[begin:end]), dtype=types[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


def perceptron(*widths):
    layers = []
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        layers.append(nn.Linear(inputs, outputs))
        if i + 2 < len(widths):
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv_2 = nn.Conv2d(6, 16, 5)
        self.linear_1 = nn.Linear(400, 120)
        self.linear_2 = nn.Linear(120, 84)
        self.linear_3 = nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv_1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv_2(x)), 2).flatten(1)
        return self.linear_3(F.relu(self.linear_2(F.relu(self.linear_1(x)))))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv_1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm_1 = nn.BatchNorm2d(outputs)
        self.conv_2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm_2 = nn.BatchNorm2d(outputs)
        self.around = nn.Sequential()
        if stride != 1:
            self.around = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = F.relu(self.norm_1(self.conv_1(x)))
        return F.relu(self.norm_2(self.conv_2(y)) + self.around(x))


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.norm = nn.BatchNorm2d(16)
        blocks, inputs = [], 16
        for stage in range(3):
            for block in range(3):
                blocks.append(Block(inputs, 16 << stage, 2 if stage > 0 and block == 0 else 1))
                inputs = 16 << stage
        self.blocks = nn.Sequential(*blocks)
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        return self.linear(self.blocks(F.relu(self.norm(self.conv(x)))).mean((2, 3)))


NETWORKS = {
    "N1": (lambda: perceptron(20, 64, 64, 2), "adam"),
    "N2": (lambda: perceptron(784, 512, 256, 10), "adam"),
    "N3": (LeNet, "adam"),
    "N4": (ResNet20, "sgd"),
}


def copy_weights(model, tensors):
    """Both sides build their layers in the same order and with the same shapes; the kinds are matched one by one."""
    def in_order(kind):
        return [m for m in model.modules() if isinstance(m, kind)]

    def named(stem):
        found = sorted({n.rsplit(".", 1)[0] for n in tensors if n.startswith(stem + "_") and "." in n},
                       key=lambda n: int(n.rsplit("_", 1)[1]))
        return found

    with torch.no_grad():
        for kind, stems in ((nn.Linear, ("linear",)), (nn.Conv2d, ("conv",)), (nn.BatchNorm2d, ("norm", "batchnorm", "bn"))):
            modules = in_order(kind)
            names = next((named(s) for s in stems if named(s)), [])
            if len(modules) != len(names):
                raise SystemExit(f"the layers do not match: {len(modules)} {kind.__name__}, {names}")
            for module, name in zip(modules, names):
                module.weight.copy_(tensors[name + ".weight"])
                if module.bias is not None:
                    module.bias.copy_(tensors[name + ".bias"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--net", choices=NETWORKS, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--variant", default="fused", choices=["default", "fused", "compile", "channels_last", "compile_channels_last"])
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--first", action="store_true", help="end after one step")
    args = parser.parse_args()

    torch.set_flush_denormal(True)  # as the engine does: a batch seen again and again leaves tiny gradients
    torch.set_num_threads(args.threads)
    tensors = read_safetensors(args.weights)
    make, optimizer_name = NETWORKS[args.net]
    model = make()
    copy_weights(model, tensors)
    x, label = tensors["input"], tensors["target"].long()
    if args.variant.endswith("channels_last"):
        model, x = model.to(memory_format=torch.channels_last), x.contiguous(memory_format=torch.channels_last)
    fused = {} if args.variant == "default" else {"fused": True}
    if optimizer_name == "adam":
        optimizer = torch.optim.Adam(model.parameters(), 1e-4, **fused)
    else:
        optimizer = torch.optim.SGD(model.parameters(), 1e-3, momentum=0.9, weight_decay=5e-4, **fused)

    def loss_of(samples, wanted):
        return F.cross_entropy(model(samples), wanted)

    if args.variant.startswith("compile"):
        loss_of = torch.compile(loss_of)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(x, label)
        loss.backward()
        optimizer.step()
        return loss

    loss = step()
    if args.first:
        print("first", flush=True)
        return
    for _ in range(49):
        loss = step()
    loss_after_50 = loss.item()

    def measure():
        begin = time.perf_counter()
        step()
        steps = max(1, int(0.01 / (time.perf_counter() - begin)))
        blocks, end = [], time.perf_counter() + args.seconds
        while time.perf_counter() < end or len(blocks) < 3:
            begin = time.perf_counter()
            for _ in range(steps):
                step()
            blocks.append((time.perf_counter() - begin) / steps * 1e6)
        blocks.sort()
        print(json.dumps({
            "side": "pytorch", "version": torch.__version__, "variant": args.variant, "net": args.net,
            "batch": args.batch, "threads": torch.get_num_threads(), "min": blocks[0],
            "median": blocks[len(blocks) // 2], "max": blocks[-1], "blocks": len(blocks),
            "loss_after_50": loss_after_50,
            "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), flush=True)

    if not args.serve:
        measure()
        return
    for _ in sys.stdin:
        measure()


if __name__ == "__main__":
    main()
