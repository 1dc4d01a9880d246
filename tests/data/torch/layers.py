import torch
from torch import nn


class Input1(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return x


import torch
from torch import nn


class Input2(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return x


import torch
from torch import nn


class Output1(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return x


import torch
from torch import nn


class Output2(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return x


import torch
from torch import nn


class Output3(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return x


import torch
from torch import nn


class Output4(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, x):
        return x


import torch
from torch import nn


class Conv2d1(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(3, 6, 3)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class Conv2d2(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2, bias=False)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class Conv2d3(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(2, 2, 1)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class MaxPool2d1(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.MaxPool2d(2)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class MaxPool2d2(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.MaxPool2d(3, stride=2, padding=1)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class MaxPool2d3(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.MaxPool2d(2, ceil_mode=True)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class MaxPool2d4(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.MaxPool2d((2, 3), stride=(1, 2), dilation=(2, 1))
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class AvgPool2d1(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.AvgPool2d(2)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class AvgPool2d2(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class AvgPool2d3(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.AvgPool2d(3, stride=2, padding=1, ceil_mode=True)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class AdaptiveAvgPool2d1(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.AdaptiveAvgPool2d(1)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class AdaptiveAvgPool2d2(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.AdaptiveAvgPool2d((3, 2))
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class Linear1(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(5, 3)

    def forward(self, x):
        x = self.layer(x)
        return x


import torch
from torch import nn


class Linear2(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 4, bias=False)

    def forward(self, x):
        x = self.layer(x)
        return x


import torch
from torch import nn


class Flatten1(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        return x


import torch
from torch import nn


class Flatten2(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Flatten(2, -1)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class Flatten3(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Flatten(1, 2)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class Dropout1(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Dropout(0.5)

    def forward(self, x):
        x = self.layer(x)
        return x


import torch
from torch import nn


class Dropout2(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Dropout(0.25)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class Dropout3(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Dropout(0)

    def forward(self, x):
        x = self.layer(x)
        return x


import torch
from torch import nn


class Add1(nn.Module):
    def __init__(self):
        super().__init__()
        self.flat = nn.Flatten()

    def forward(self, input1, input2):
        x = input1 + input2
        x = self.flat(x)
        return x


import torch
from torch import nn


class Add2(nn.Module):
    def __init__(self):
        super().__init__()

    def forward(self, input1, input2, input3):
        x = input1 + input2 + input3
        return x


import torch
from torch import nn


class Concat1(nn.Module):
    def __init__(self):
        super().__init__()
        self.flat = nn.Flatten()

    def forward(self, input1, input2):
        x = torch.cat([input1, input2], 1)
        x = self.flat(x)
        return x


import torch
from torch import nn


class Concat2(nn.Module):
    def __init__(self):
        super().__init__()
        self.flat = nn.Flatten()

    def forward(self, input1, input2, input3):
        x = torch.cat([input1, input2, input3], 2)
        x = self.flat(x)
        return x


import torch
from torch import nn


class BatchNorm1d1(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.BatchNorm1d(5)

    def forward(self, x):
        x = self.layer(x)
        return x


import torch
from torch import nn


class BatchNorm1d2(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.BatchNorm1d(5, momentum=0.3, affine=False)

    def forward(self, x):
        x = self.layer(x)
        return x


import torch
from torch import nn


class BatchNorm1d3(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.BatchNorm1d(5, eps=0.001, track_running_stats=False)

    def forward(self, x):
        x = self.layer(x)
        return x


import torch
from torch import nn


class BatchNorm1d4(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.BatchNorm1d(3)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class BatchNorm2d1(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.BatchNorm2d(3)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class BatchNorm2d2(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.BatchNorm2d(3, momentum=0.3, affine=False)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class BatchNorm2d3(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.BatchNorm2d(3, eps=0.001, track_running_stats=False)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class ReLU1(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.ReLU()

    def forward(self, x):
        x = self.layer(x)
        return x


import torch
from torch import nn


class ReLU2(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.ReLU()
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class LeakyReLU1(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.LeakyReLU(0.01)

    def forward(self, x):
        x = self.layer(x)
        return x


import torch
from torch import nn


class LeakyReLU2(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.LeakyReLU(0.2)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class GELU1(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.GELU()

    def forward(self, x):
        x = self.layer(x)
        return x


import torch
from torch import nn


class GELU2(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.GELU(approximate='tanh')
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class Sigmoid1(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Sigmoid()

    def forward(self, x):
        x = self.layer(x)
        return x


import torch
from torch import nn


class Sigmoid2(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Sigmoid()
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class Tanh1(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Tanh()

    def forward(self, x):
        x = self.layer(x)
        return x


import torch
from torch import nn


class Tanh2(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Tanh()
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


import torch
from torch import nn


class Softmax1(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Softmax(1)

    def forward(self, x):
        x = self.layer(x)
        return x


import torch
from torch import nn


class Softmax2(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Softmax(2)
        self.flat = nn.Flatten()

    def forward(self, x):
        x = self.layer(x)
        x = self.flat(x)
        return x


