"""For each experiment: which records to spoil, in which figure, with what.

Together they must break every conclusion, so that none of them holds whatever was measured.
"""

SPOILED = {
    "losses": [
        ({"loss": "smoothed by 0.2"}, {"calibration": 0.0, "nll_scaled": 1.0, "theta": 0.9}),
        ({"loss": "likelihood"}, {"theta": 1.2}),
        ({"loss": "squares"}, {"test": 0.5}),
    ],
}
