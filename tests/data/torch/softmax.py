import torch
from torch import nn


class Softmax(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten_1 = nn.Flatten()
        self.linear_1 = nn.Linear(784, 10)

    def forward(self, x):
        x = self.flatten_1(x)
        x = self.linear_1(x)
        return x
