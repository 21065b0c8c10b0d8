"""For each experiment: which records to spoil, in which figure, with what.

Together they must break every conclusion, so that none of them holds whatever was measured.
"""

SPOILED = {
    "batch_size": [({"norm": norm}, {"test": 0.1}) for norm in ("BN", "BRN", "GN")],
    "contrast": [({"norm": "IN"}, {"test": 1.0}), ({"norm": "IN"}, {"test": 0.1})],
    "convnets": [({"norm": "LN"}, {"test": 0.1}), ({"norm": "GN", "groups": 8}, {"test": 0.1})],
    "covariate_shift": [({"norm": "noisy BN"}, {"test": 0.1, "shift": 0.0})],
    "discriminator": [({"norm": "SN"}, {"bound": 40.0, "gradient_max": 50.0})],
    "learning_rate": [({"norm": "BN"}, {"test": 0.1})],
    "order": [({"order": "after"}, {"test": 0.1})],
    "sequences": [({"norm": "LN"}, {"test": 0.1}), ({"norm": "none"}, {"test": 0.1})],
    "sorted_batches": [({"norm": "BN"}, {"test": 0.75}), ({"norm": "GN"}, {"test": 0.1})],
    "spectral_classifier": [
        ({"norm": "SN hidden"}, {"test": 0.1, "bound": 1e6}),
        ({"norm": "SN all, times 10"}, {"test": 0.1, "bound": 1e6}),
    ],
    "style": [({"moved": "pixels"}, {"mean_gap": 0.3, "structure": 0.0, "spread_gap": 0.0})],
}
