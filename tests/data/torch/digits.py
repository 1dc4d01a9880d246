import torch
from torch import nn


class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv_1 = nn.Conv2d(1, 8, 3, padding=1)
        self.relu_1 = nn.ReLU()
        self.conv_2 = nn.Conv2d(8, 16, 3, padding=1)
        self.relu_2 = nn.ReLU()
        self.maxpool_1 = nn.MaxPool2d(2)
        self.flatten_1 = nn.Flatten()
        self.linear_1 = nn.Linear(256, 32)
        self.relu_3 = nn.ReLU()
        self.drop_1 = nn.Dropout(0.2)
        self.linear_2 = nn.Linear(32, 10)

    def forward(self, x):
        x = self.conv_1(x)
        x = self.relu_1(x)
        x = self.conv_2(x)
        x = self.relu_2(x)
        x = self.maxpool_1(x)
        x = self.flatten_1(x)
        x = self.linear_1(x)
        x = self.relu_3(x)
        x = self.drop_1(x)
        x = self.linear_2(x)
        return x
