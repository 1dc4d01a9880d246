import torch
from torch import nn


class Iris(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear_1 = nn.Linear(4, 16)
        self.relu_1 = nn.ReLU()
        self.linear_2 = nn.Linear(16, 16)
        self.relu_2 = nn.ReLU()
        self.linear_3 = nn.Linear(16, 3)

    def forward(self, x):
        x = self.linear_1(x)
        x = self.relu_1(x)
        x = self.linear_2(x)
        x = self.relu_2(x)
        x = self.linear_3(x)
        return x
