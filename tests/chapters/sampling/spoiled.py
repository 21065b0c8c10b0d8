"""For each experiment: which records to spoil, in which figure, with what.

Together they must break every conclusion, so that none of them holds whatever was measured.
"""

SPOILED = {
    "ddpm_sampling": [
        ({"evaluations": 5}, {"frechet_ratio": 1.0}),
        ({"sampler": "ancestral"}, {"frechet_ratio": 3.0, "nearest_ratio": 1.0}),
    ],
}
