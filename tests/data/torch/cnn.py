import torch
from torch import nn


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_1 = nn.Conv2d(1, 6, 5, padding=2)
        self.relu_1 = nn.ReLU()
        self.maxpool_1 = nn.MaxPool2d(2)
        self.conv_2 = nn.Conv2d(6, 16, 5)
        self.relu_2 = nn.ReLU()
        self.maxpool_2 = nn.MaxPool2d(2)
        self.flatten_1 = nn.Flatten()
        self.linear_1 = nn.Linear(400, 120)
        self.relu_3 = nn.ReLU()
        self.linear_2 = nn.Linear(120, 84)
        self.relu_4 = nn.ReLU()
        self.linear_3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.conv_1(x)
        x = self.relu_1(x)
        x = self.maxpool_1(x)
        x = self.conv_2(x)
        x = self.relu_2(x)
        x = self.maxpool_2(x)
        x = self.flatten_1(x)
        x = self.linear_1(x)
        x = self.relu_3(x)
        x = self.linear_2(x)
        x = self.relu_4(x)
        x = self.linear_3(x)
        return x
