"""The networks of packages/train in PyTorch, with the same names of weights, as a reference for results and speed."""

import torch
import torch.nn.functional as F
from torch import nn


def plain_conv(channels, out, kernel, **options):
    return nn.Conv2d(channels, out, kernel, bias=False, **options)


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1 = plain_conv(channels, width, 3, stride=stride, padding=1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = plain_conv(width, width, 3, padding=1)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = shortcut(channels, width, stride)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + self.downsample(x))


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, channels, width, stride):
        super().__init__()
        self.conv1 = plain_conv(channels, width, 1)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = plain_conv(width, width, 3, stride=stride, padding=1)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = plain_conv(width, 4 * width, 1)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = shortcut(channels, 4 * width, stride)

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


def shortcut(channels, out, stride):
    if stride == 1 and channels == out:
        return nn.Identity()
    return nn.Sequential(plain_conv(channels, out, 1, stride=stride), nn.BatchNorm2d(out))


class ResNet(nn.Module):
    def __init__(self, block, counts, channels=3, width=64):
        super().__init__()
        self.conv1 = plain_conv(channels, width, 7, stride=2, padding=3)
        self.bn1 = nn.BatchNorm2d(width)
        inputs = width
        for number, count in enumerate(counts):
            blocks = []
            for i in range(count):
                blocks.append(block(inputs, width << number, 2 if number > 0 and i == 0 else 1))
                inputs = (width << number) * block.expansion
            setattr(self, f"layer{number + 1}", nn.Sequential(*blocks))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        maps = [F.max_pool2d(y, 3, 2, 1)]
        for number in range(1, 5):
            maps.append(getattr(self, f"layer{number}")(maps[-1]))
        return maps[1:]


def resnet18(channels=3, width=64):
    return ResNet(BasicBlock, [2, 2, 2, 2], channels, width)


def resnet50(channels=3, width=64):
    return ResNet(Bottleneck, [3, 4, 6, 3], channels, width)


class Body(nn.Module):
    """The deepest map of a residual network."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return self.body(x)[-1]


class DepthBlock(nn.Module):
    def __init__(self, channels, out, skip):
        super().__init__()
        self.up = nn.ConvTranspose2d(channels, out, 4, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv = nn.Conv2d(out + skip, out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)

    def forward(self, x, skip=None):
        y = F.relu(self.bn1(self.up(x)))
        y = y if skip is None else torch.cat([y, skip], 1)
        return F.relu(self.bn2(self.conv(y)))


class Depth(nn.Module):
    def __init__(self, channels=5, width=64):
        super().__init__()
        self.encoder = resnet18(channels, width)
        self.decoder = nn.ModuleDict(
            {
                "block1": DepthBlock(8 * width, 4 * width, 4 * width),
                "block2": DepthBlock(4 * width, 2 * width, 2 * width),
                "block3": DepthBlock(2 * width, width, width),
                "block4": DepthBlock(width, width, 0),
                "block5": nn.ModuleDict(
                    {"up": nn.ConvTranspose2d(width, 1, 4, 2, 1), "conv": nn.Conv2d(1, 1, 3, padding=1)}
                ),
            }
        )

    def forward(self, x):
        layer1, layer2, layer3, layer4 = self.encoder(x)
        y = self.decoder["block1"](layer4, layer3)
        y = self.decoder["block2"](y, layer2)
        y = self.decoder["block3"](y, layer1)
        y = self.decoder["block4"](y)
        return self.decoder["block5"]["conv"](self.decoder["block5"]["up"](y))


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, dilation=2)
        self.conv2 = nn.Conv2d(channels, channels, 3)

    def forward(self, x):
        y = F.relu(F.instance_norm(self.conv1(F.pad(x, [2] * 4, "reflect"))))
        return x + F.instance_norm(self.conv2(F.pad(y, [1] * 4, "reflect")))


class Generator(nn.Module):
    def __init__(self, channels=3, filters=64, halvings=4, blocks=9):
        super().__init__()
        self.halvings, self.blocks = halvings, blocks
        self.first = nn.Conv2d(channels, filters, 7)
        for i in range(1, halvings + 1):
            wide, narrow = filters << i, filters << (i - 1)
            setattr(self, f"down{i}", nn.Conv2d(narrow, wide, 3, 2, 1))
            setattr(self, f"up{i}", nn.ConvTranspose2d(wide, narrow, 3, 2, 1, 1))
        for i in range(1, blocks + 1):
            setattr(self, f"block{i}", ResidualBlock(filters << halvings))
        self.last = nn.Conv2d(filters, 3, 7)

    def forward(self, x):
        y = F.relu(F.instance_norm(self.first(F.pad(x, [3] * 4, "reflect"))))
        for i in range(1, self.halvings + 1):
            y = F.relu(F.instance_norm(getattr(self, f"down{i}")(y)))
        for i in range(1, self.blocks + 1):
            y = getattr(self, f"block{i}")(y)
        for i in range(self.halvings, 0, -1):
            y = F.relu(F.instance_norm(getattr(self, f"up{i}")(y)))
        return torch.tanh(self.last(F.pad(y, [3] * 4, "reflect")))


class Patches(nn.Module):
    def __init__(self, channels, filters, halvings):
        super().__init__()
        sizes = [channels] + [min(512, filters << i) for i in range(halvings + 1)] + [1]
        for i in range(len(sizes) - 1):
            stride = 2 if i < halvings else 1
            setattr(self, f"conv{i + 1}", nn.Conv2d(sizes[i], sizes[i + 1], 4, stride, 2))
        self.count = len(sizes) - 1

    def forward(self, x):
        y = F.leaky_relu(self.conv1(x), 0.2)
        for i in range(2, self.count):
            y = F.leaky_relu(F.instance_norm(getattr(self, f"conv{i}")(y)), 0.2)
        return getattr(self, f"conv{self.count}")(y)


class Discriminators(nn.Module):
    """The patch judgements at both scales, flattened one after the other."""

    def __init__(self, channels=6, filters=64, halvings=3):
        super().__init__()
        self.scale1 = Patches(channels, filters, halvings)
        self.scale2 = Patches(channels, filters, halvings)

    def forward(self, x):
        half = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
        return torch.cat([self.scale1(x).flatten(), self.scale2(half).flatten()])


class Unit(nn.Module):
    def __init__(self, channels, out, kernel=3, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(channels, out, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(out)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


def level(channels, out, kernel):
    # The identity makes the units' names 1 and 2.
    return nn.Sequential(nn.Identity(), Unit(channels, out, kernel, 2), Unit(out, out))


class Parse(nn.Module):
    def __init__(self, labels, channels):
        super().__init__()
        self.depth = len(channels)
        for i, count in enumerate(channels):
            below = 3 if i == 0 else channels[i - 1]
            setattr(self, f"down{i + 1}", level(below, count, 5 if i == 0 else 3))
            if i + 1 < self.depth:
                setattr(self, f"up{i + 1}", Unit(channels[i + 1] + count, count))
        self.labels = nn.Conv2d(channels[0], labels, 1)

    def forward(self, x):
        maps = []
        y = x
        for i in range(self.depth):
            y = getattr(self, f"down{i + 1}")(y)
            maps.append(y)
        for i in range(self.depth - 1, 0, -1):
            y = F.interpolate(y, size=maps[i - 1].shape[2:], mode="nearest")
            y = getattr(self, f"up{i}")(torch.cat([y, maps[i - 1]], 1))
        return F.interpolate(self.labels(y), size=x.shape[2:], mode="bilinear", align_corners=False)


class Face(nn.Module):
    """All heads one after the other."""

    def __init__(self, heads, width):
        super().__init__()
        self.body = resnet50(3, width)
        for name, size in heads.items():
            setattr(self, name, nn.Linear(32 * width, size))
        self.heads = list(heads)

    def forward(self, x):
        features = self.body(x)[-1].mean([2, 3])
        return torch.cat([getattr(self, name)(features) for name in self.heads], 1)
