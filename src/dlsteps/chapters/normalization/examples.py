"""The two examples that the notes work by hand: for the explorer, the evidence and the tests."""

import torch

# Three samples, three features.
MATRIX = torch.tensor([[4.0, 3.0, 2.0], [3.0, 3.0, 2.0], [2.0, 2.0, 2.0]], dtype=torch.float64)
# Two samples, two features, three positions.
TENSOR = torch.tensor(
    [[[1.0, 4.0, 7.0], [0.0, 2.0, 4.0]], [[1.0, 3.0, 6.0], [2.0, 3.0, 1.0]]], dtype=torch.float64
)
