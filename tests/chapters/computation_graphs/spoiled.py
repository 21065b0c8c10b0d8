"""For each experiment: which records to spoil, in which figure, with what."""

SPOILED = {
    "time_per_operation": [
        ({"work": "matrix product", "side": 1}, {"ratio": 1.0}),
        ({"work": "cell by cell"}, {"ratio": 1.0}),
        ({"work": "matrix product", "side": 1000}, {"ratio": 2.7}),
    ],
}
