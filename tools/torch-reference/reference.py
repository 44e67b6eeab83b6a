"""Computes the stored results that packages/train is tested against, in double precision.

    python3 tools/torch-reference/reference.py packages/train/test/reference

writes operators.safetensors and networks.safetensors. For every case: inputs `case/in0` …, the output `case/out`,
the gradient fed to it `case/dy` and the gradients of the inputs `case/d0` …; for a network its weights `case/w/…`,
their gradients `case/g/…` and the running statistics after the step `case/s/…`.
"""

import json
import os
import struct
import sys

import numpy
import torch
import torch.nn.functional as F

import networks

torch.manual_seed(20260)


def tensor(*shape, low=-1.0, high=1.0):
    return (torch.rand(*shape, dtype=torch.float64) * (high - low) + low).float().double()


def spaced(*shape):
    """Values at least 0.05 apart in random order: no ties, none near zero."""
    count = int(numpy.prod(shape))
    return ((torch.randperm(count).double() - count / 2 + 0.5) * 0.05).float().double().reshape(shape)


def quaternion_to_matrix(q):
    x, y, z, w = (q / q.norm(dim=1, keepdim=True)).unbind(1)
    rows = [
        1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
        2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
        2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
    ]
    return torch.stack(rows, 1).reshape(-1, 3, 3)


def batch_norm(x, s, b):
    return F.batch_norm(x, None, None, s, b, training=True)


ids = torch.tensor([2, 0, 2, 1])
laplace = torch.tensor([[0, 1, 0], [1, -4, 1], [0, 1, 0]], dtype=torch.float64).reshape(1, 1, 3, 3)

OPERATORS = {
    "add": (torch.add, [tensor(2, 3, 4), tensor(3, 1)]),
    "sub": (torch.sub, [tensor(2, 3, 4), tensor(4)]),
    "mul": (torch.mul, [tensor(2, 3, 4), tensor(3, 1)]),
    "div": (torch.div, [tensor(2, 3, 4), tensor(4, low=0.5, high=1.5)]),
    "maximum": (torch.maximum, [spaced(2, 3, 4), spaced(2, 3, 4) + 0.02]),
    "minimum": (torch.minimum, [spaced(2, 3, 4), spaced(2, 3, 4) + 0.02]),
    "where": (lambda a, b: torch.where(a > 0, a * b, b), [spaced(2, 3, 4), tensor(4)]),
    "exp": (torch.exp, [tensor(3, 4)]),
    "log": (torch.log, [tensor(3, 4, low=0.2, high=2)]),
    "sqrt": (torch.sqrt, [tensor(3, 4, low=0.2, high=2)]),
    "reciprocal": (torch.reciprocal, [tensor(3, 4, low=0.2, high=2)]),
    "sin": (torch.sin, [tensor(3, 4)]),
    "cos": (torch.cos, [tensor(3, 4)]),
    "tanh": (torch.tanh, [tensor(3, 4)]),
    "sigmoid": (torch.sigmoid, [tensor(3, 4)]),
    "softplus": (F.softplus, [tensor(3, 4)]),
    "relu": (F.relu, [spaced(3, 4)]),
    "abs": (torch.abs, [spaced(3, 4)]),
    "pow": (lambda x: x**2.5, [tensor(3, 4, low=0.2, high=2)]),
    "leakyRelu": (lambda x: F.leaky_relu(x, 0.2), [spaced(3, 4)]),
    "prelu": (F.prelu, [spaced(2, 3, 4, 2), tensor(3)]),
    "clip": (lambda x: x.clamp(-0.31, 0.31), [spaced(5, 4)]),
    "sum": (lambda x: x.sum([0, 2]), [tensor(2, 3, 4)]),
    "mean": (lambda x: x.mean(1, keepdim=True), [tensor(2, 3, 4)]),
    "max": (lambda x: x.amax(2), [spaced(2, 3, 4)]),
    "min": (lambda x: x.amin([0, 1]), [spaced(2, 3, 4)]),
    "max of equal values": (lambda x: x.amax(1), [torch.tensor([[1.0, 2, 2, 0]], dtype=torch.float64)]),
    "norm1": (lambda x: x.norm(1, 1), [spaced(2, 3, 4)]),
    "norm2": (lambda x: x.norm(2, -1), [tensor(2, 3, 4)]),
    "softmax": (lambda x: x.softmax(1), [tensor(2, 3, 4)]),
    "logSoftmax": (lambda x: x.log_softmax(1), [tensor(2, 3, 4)]),
    "reshape": (lambda x: x.reshape(4, 6), [tensor(2, 3, 4)]),
    "transpose": (lambda x: x.permute(2, 0, 1), [tensor(2, 3, 4)]),
    "broadcastTo": (lambda x: x.expand(2, 3, 4), [tensor(3, 1)]),
    "concat": (lambda a, b: torch.cat([a, b], 1), [tensor(2, 3, 4), tensor(2, 2, 4)]),
    "slice": (lambda x: x[:, 1:3, 1:8:3], [tensor(2, 3, 8)]),
    "flip": (lambda x: x.flip(1), [tensor(2, 3, 4)]),
    "pad with zeros": (lambda x: F.pad(x, [1, 2, 0, 3]), [tensor(1, 2, 3, 4)]),
    "pad by reflection": (lambda x: F.pad(x, [3, 2, 1, 2], "reflect"), [tensor(1, 2, 3, 4)]),
    "pad with the edge": (lambda x: F.pad(x, [3, 2, 1, 2], "replicate"), [tensor(1, 2, 3, 4)]),
    "gather": (lambda x: x[:, ids], [tensor(2, 3, 4)]),
    "scatterAdd": (lambda x: torch.zeros(2, 3, 4, dtype=x.dtype).index_add(1, ids, x), [tensor(2, 4, 4)]),
    "matmul": (torch.matmul, [tensor(3, 1, 2, 4), tensor(2, 4, 3)]),
    "linear": (F.linear, [tensor(2, 4), tensor(5, 4), tensor(5)]),
    "maxPool2d": (lambda x: F.max_pool2d(x, 3, 2, 1), [spaced(2, 2, 7, 8)]),
    "maxPool2d of equal values": (lambda x: F.max_pool2d(x, 2), [torch.ones(1, 1, 4, 4, dtype=torch.float64)]),
    "avgPool2d": (lambda x: F.avg_pool2d(x, 3, 2, 1), [tensor(2, 2, 7, 8)]),
    "avgPool2d without padding": (lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), [tensor(2, 2, 7, 8)]),
    "globalAvgPool": (lambda x: x.mean([2, 3]), [tensor(2, 3, 4, 5)]),
    "batchNormTraining": (batch_norm, [tensor(3, 4, 5, 6) + 2, tensor(4), tensor(4)]),
    "batchNormInference": (
        lambda x, s, b, m, v: F.batch_norm(x, m, v, s, b, training=False),
        [tensor(2, 3, 4, 5), tensor(3), tensor(3)],
        [tensor(3), tensor(3, low=0.5, high=1.5)],
    ),
    "instanceNorm": (lambda x, s, b: F.instance_norm(x, weight=s, bias=b), [tensor(2, 3, 4, 5), tensor(3), tensor(3)]),
    "resize to nearest, twice": (lambda x: F.interpolate(x, scale_factor=2), [tensor(1, 2, 4, 5)]),
    "resize to nearest, any": (lambda x: F.interpolate(x, size=(7, 3)), [tensor(1, 2, 4, 5)]),
    "resize bilinearly, larger": (lambda x: F.interpolate(x, size=(8, 7), mode="bilinear"), [tensor(1, 2, 4, 5)]),
    "resize bilinearly, smaller": (lambda x: F.interpolate(x, size=(3, 2), mode="bilinear"), [tensor(1, 2, 4, 5)]),
    "gridSample": (lambda x, g: F.grid_sample(x, g, align_corners=False), [tensor(2, 3, 5, 6), tensor(2, 4, 3, 2) * 1.3]),
    "gridSample with border": (
        lambda x, g: F.grid_sample(x, g, padding_mode="border", align_corners=False),
        [tensor(2, 3, 5, 6), tensor(2, 4, 3, 2) * 1.3],
    ),
    "imageGradient": (
        lambda x: torch.cat([(x[..., 1:] - x[..., :-1]).flatten(), (x[..., 1:, :] - x[..., :-1, :]).flatten()]),
        [tensor(2, 1, 5, 6)],
    ),
    "laplacian": (lambda x: F.conv2d(x, laplace), [tensor(2, 1, 5, 6)]),
    "quaternionToMatrix": (quaternion_to_matrix, [tensor(4, 4)]),
    "transformPoints": (
        lambda p, r, v: p @ r.transpose(1, 2) + v[:, None],
        [tensor(2, 5, 3), tensor(2, 3, 3), tensor(2, 3)],
    ),
    "projectPoints": (
        lambda p, c: p[..., :2] / p[..., 2:] * c[:, None, :2] + c[:, None, 2:],
        [tensor(2, 5, 3, low=0.5, high=2), tensor(2, 4)],
    ),
    "cross": (lambda a, b: torch.cross(a, b, dim=1), [tensor(4, 3), tensor(4, 3)]),
}


def conv(x, w, b=None, **options):
    return F.conv2d(x, w, b, **options)


def conv_transpose(x, w, b=None, **options):
    return F.conv_transpose2d(x, w, b, **options)


# name: function, options, input shape, weight shape, bias
CONVOLUTIONS = {
    "conv 3x3": (conv, dict(padding=1), (2, 3, 6, 7), (4, 3, 3, 3), 4),
    "conv 3x3, large map": (conv, dict(padding=1), (2, 3, 36, 34), (4, 3, 3, 3), None),
    "conv 3x3, many channels": (conv, dict(padding=1), (2, 16, 5, 5), (16, 16, 3, 3), None),
    "conv 3x3, stride 2, many channels": (conv, dict(padding=1, stride=2), (2, 16, 8, 8), (24, 16, 3, 3), None),
    "conv 3x3, stride 2": (conv, dict(padding=1, stride=2), (2, 3, 6, 7), (4, 3, 3, 3), None),
    "conv 3x3, dilation 2": (conv, dict(padding=2, dilation=2), (2, 3, 6, 7), (4, 3, 3, 3), None),
    "conv 1x1": (conv, dict(), (2, 3, 6, 7), (4, 3, 1, 1), None),
    "conv 1x1, stride 2": (conv, dict(stride=2), (2, 3, 6, 7), (4, 3, 1, 1), None),
    "conv 7x7, stride 2": (conv, dict(padding=3, stride=2), (2, 3, 12, 14), (4, 3, 7, 7), None),
    "conv 4x4, stride 2": (conv, dict(padding=2, stride=2), (2, 3, 8, 9), (4, 3, 4, 4), 4),
    "conv, two groups": (conv, dict(padding=1, groups=2), (2, 4, 5, 6), (6, 2, 3, 3), None),
    "conv, depthwise": (conv, dict(padding=1, stride=2, groups=3), (2, 3, 7, 6), (3, 1, 3, 3), None),
    "convTranspose 4x4": (conv_transpose, dict(stride=2, padding=1), (2, 3, 4, 5), (3, 4, 4, 4), 4),
    "convTranspose 3x3": (
        conv_transpose, dict(stride=2, padding=1, output_padding=1), (2, 3, 4, 5), (3, 4, 3, 3), None,
    ),
}


NETWORKS = {
    "resnet18": (lambda: networks.Body(networks.resnet18(3, 4)), (2, 3, 64, 64)),
    "resnet50": (lambda: networks.Body(networks.resnet50(3, 2)), (2, 3, 64, 64)),
    "face": (lambda: networks.Face(dict(identity=4, rotation=4), 2), (2, 3, 64, 64)),
    "depth": (lambda: networks.Depth(5, 4), (2, 5, 64, 64)),
    "generator": (lambda: networks.Generator(3, 4, 2, 2), (1, 3, 32, 32)),
    "discriminators": (lambda: networks.Discriminators(6, 4, 3), (1, 6, 32, 32)),
    "parse": (lambda: networks.Parse(6, [4, 8, 12]), (2, 3, 32, 32)),
}


def save(path, tensors):
    header, parts, offset = {}, [], 0
    for name, value in tensors.items():
        data = value.detach().to(torch.float32).contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [offset, offset + len(data)]}
        parts.append(data)
        offset += len(data)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))
    print(path, os.path.getsize(path))


def operators():
    stored = {}
    cases = {name: (case[0], case[1], case[2] if len(case) > 2 else []) for name, case in OPERATORS.items()}
    for name, (function, options, x, w, b) in CONVOLUTIONS.items():
        inputs = [tensor(*x), tensor(*w)] + ([tensor(b)] if b else [])
        cases[name] = (lambda *a, f=function, o=options: f(*a, **o), inputs, [])
    for name, (function, inputs, fixed) in cases.items():
        leaves = [x.clone().requires_grad_() for x in inputs]
        out = function(*leaves, *fixed)
        dy = tensor(*out.shape)
        out.backward(dy)
        stored[f"{name}/out"], stored[f"{name}/dy"] = out, dy
        for i, leaf in enumerate(leaves):
            stored[f"{name}/in{i}"], stored[f"{name}/d{i}"] = leaf, leaf.grad
        for i, value in enumerate(fixed):
            stored[f"{name}/fixed{i}"] = value
    return stored


def trained():
    stored = {}
    for name, (make, shape) in NETWORKS.items():
        net = make().double().train()
        for key, value in net.named_parameters():
            with torch.no_grad():
                value.copy_(value.float().double())
        x = tensor(*shape, low=0).requires_grad_()
        for key, value in net.named_parameters():
            stored[f"{name}/w/{key}"] = value
        out = net(x)
        dy = tensor(*out.shape)
        out.backward(dy)
        stored[f"{name}/in0"], stored[f"{name}/d0"], stored[f"{name}/out"], stored[f"{name}/dy"] = x, x.grad, out, dy
        for key, value in net.named_parameters():
            stored[f"{name}/g/{key}"] = value.grad
        for key, value in net.named_buffers():
            if "running" in key:
                stored[f"{name}/s/{key}"] = value
        net.eval()
        stored[f"{name}/eval"] = net(x)
    return stored


def optimisers():
    stored = {}
    start = tensor(6)
    steps = [tensor(6) * 10 ** (-i) for i in range(5)]
    kinds = {
        "adam": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.9, 0.99), weight_decay=0.1),
        "adamw": lambda p: torch.optim.AdamW(p, lr=0.01, betas=(0.5, 0.999), weight_decay=0.1),
    }
    for name, make in kinds.items():
        weight = start.clone().requires_grad_()
        optimiser = make([weight])
        stored[f"{name}/start"] = start
        for i, step in enumerate(steps):
            weight.grad = step.clone()
            optimiser.step()
            stored[f"{name}/gradient{i}"], stored[f"{name}/weight{i}"] = step, weight.clone()
    weights = [tensor(4).requires_grad_(), tensor(2, 3).requires_grad_()]
    for i, weight in enumerate(weights):
        weight.grad = tensor(*weight.shape) * 3
        stored[f"clipping/gradient{i}"] = weight.grad.clone()
    stored["clipping/norm"] = torch.nn.utils.clip_grad_norm_(weights, 1.5).reshape(1)
    for i, weight in enumerate(weights):
        stored[f"clipping/clipped{i}"] = weight.grad
    return stored


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    save(os.path.join(sys.argv[1], "operators.safetensors"), operators() | optimisers())
    save(os.path.join(sys.argv[1], "networks.safetensors"), trained())
