"""For each experiment: which records to spoil, in which figure, with what.

Together they must break every conclusion, so that none of them holds whatever was measured.
"""

SPOILED = {
    "ddpm_ablations": [
        ({"variant": "not told t"}, {"frechet_ratio": 1.0}),
        ({"variant": "linear schedule"}, {"frechet_ratio": 1.0}),
        ({"weights": "last"}, {"frechet_ratio": 5.0}),
        ({"variant": "predicts v"}, {"nearest_ratio": 2.0}),
    ],
}
