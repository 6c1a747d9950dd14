"""Prints what PyTorch says to the nine mistakes of messages.md."""

import warnings

import torch
from torch import nn

grey = torch.randn(2, 1, 28, 28)

MISTAKES = [
    ("A map that shrinks to nothing", lambda: nn.Sequential(nn.Conv2d(1, 20, 5), nn.MaxPool2d(4), nn.Conv2d(20, 40, 5), nn.MaxPool2d(4))(grey)),
    ("Flattened features that do not match", lambda: nn.Sequential(nn.Conv2d(1, 20, 3), nn.MaxPool2d(4), nn.Conv2d(20, 40, 5), nn.Flatten(), nn.Linear(3240, 500))(grey)),
    ("Channels after a concatenation", lambda: nn.Conv2d(32, 10, 3)(torch.cat([nn.Conv2d(1, 16, 3, padding=1)(grey), nn.Conv2d(1, 24, 5, padding=2)(grey)], 1))),
    ("A skip connection with other channels", lambda: (lambda x: x + nn.Conv2d(16, 32, 3, padding=1)(x))(nn.Conv2d(1, 16, 3)(grey))),
    ("A recurrent layer that is given an image", lambda: nn.LSTM(28, 35)(nn.Conv2d(1, 20, 3)(grey))),
    ("The wrong data set", lambda: nn.Conv2d(3, 16, 3)(grey)),
    ("Transposed input", lambda: nn.Conv2d(3, 16, 3)(torch.randn(2, 32, 32, 3))),
    ("A stride that drops the last row", lambda: nn.MaxPool2d(2)(nn.Conv2d(20, 40, 5)(nn.MaxPool2d(2)(nn.Conv2d(1, 20, 3)(grey))))),
    ("Softmax twice", lambda: nn.CrossEntropyLoss()(torch.softmax(nn.Linear(784, 10)(grey.flatten(1)), 1), torch.tensor([1, 2]))),
]

for title, run in MISTAKES:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            run()
        except (RuntimeError, ValueError) as fault:
            said = [f"{type(fault).__name__}: {fault}"]
    print(f"{title}: {'; '.join(map(str, said)) or '(nothing)'}")
