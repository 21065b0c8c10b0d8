"""For each experiment: which records to spoil, in which figure, with what."""

CHANCE = {"test": 0.1}
SPOILED = {
    "bad_starts": [
        ({"network": "ReLU, gain √2"}, CHANCE),
        ({"network": "batch norm"}, CHANCE),
        ({"network": "shortcuts, small branches"}, CHANCE),
        ({"network": "ReLU, gain 3, clipped"}, {"test": 0.8}),
        ({"network": "ReLU, gain 1"}, {"test": 0.8}),
        ({"network": "shortcuts"}, {"test": 0.8}),
    ],
}
