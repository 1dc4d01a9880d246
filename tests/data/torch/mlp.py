import torch
from torch import nn


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten_1 = nn.Flatten()
        self.linear_1 = nn.Linear(784, 512)
        self.relu_1 = nn.ReLU()
        self.linear_2 = nn.Linear(512, 256)
        self.relu_2 = nn.ReLU()
        self.linear_3 = nn.Linear(256, 10)

    def forward(self, x):
        x = self.flatten_1(x)
        x = self.linear_1(x)
        x = self.relu_1(x)
        x = self.linear_2(x)
        x = self.relu_2(x)
        x = self.linear_3(x)
        return x
