"""For each experiment: which records to spoil, in which figure, with what.

Each breaks a conclusion, and together they break all. A loss as small as the effect has to be seen.
"""


def less(by):
    """The figure `test`, lower by a little in every seed."""
    return lambda row: row["test"] - by


SPOILED = {
    "batch_size": [
        *(({"norm": norm, "network": "mlp"}, {"test": 0.1}) for norm in ("BRN", "GN")),
        ({"norm": "BN", "network": "mlp"}, {"test": 0.9, "gathered": 0.9}),
        ({"norm": "BN", "network": "mlp", "batch_size": 16}, {"test": less(0.1)}),
        ({"norm": "BN", "network": "cnn", "batch_size": 2}, {"test": less(0.04)}),
    ],
    "contrast": [
        ({"norm": "IN", "task": "contrast"}, {"test": 1.0}),
        ({"norm": "IN", "task": "digit"}, {"test": less(0.04)}),
    ],
    "convnets": [
        *(({"norm": norm}, {"test": less(0.05)}) for norm in ("LN", "LN, each position")),
        *(({"norm": "GN", "groups": G}, {"test": less(0.03)}) for G in (4, 8, 16)),
    ],
    "covariate_shift": [
        ({"norm": "noisy BN"}, {"test": less(0.03)}),
        ({"norm": "noisy BN"}, {"shift": 0.0}),
        ({"norm": "none"}, {"test": 0.95}),
    ],
    "discriminator": [({"norm": "SN"}, {"bound": 40.0, "gradient_max": 50.0})],
    "learning_rate": [
        ({"norm": "none"}, {"test": 0.9}),
        ({"norm": "BN", "gain": 1.0}, {"test": lambda row: 0.9 if row["learning_rate"] <= 0.03 else 0.1}),
        ({"norm": "BN", "learning_rate": 0.01}, {"test": 0.9}),
        ({"norm": "BN", "learning_rate": 0.001}, {"test": 0.1}),
    ],
    "order": [
        ({"network": "cnn", "order": "after"}, {"test": less(0.015)}),
        ({"network": "cnn", "order": "after"}, {"test": less(-0.015)}),
        ({"network": "mlp", "order": "after"}, {"test": less(-0.015)}),
        ({"network": "mlp", "order": "before"}, {"test": less(0.015)}),
    ],
    "sequences": [
        ({"norm": "LN"}, {"test": less(0.2)}),
        ({"norm": "none"}, {"test": less(0.25)}),
        ({"norm": "BN per step"}, {"test": less(-0.25)}),
    ],
    "sorted_batches": [
        ({"norm": "BN", "network": "mlp"}, {"test": 0.75}),
        ({"norm": "BRN", "network": "mlp"}, {"test": 0.95}),
        ({"norm": "GN", "network": "mlp"}, {"test": 0.1}),
        ({"norm": "BN", "network": "mlp", "batches": "mixed"}, {"test": 0.1}),
        ({"norm": "BN", "network": "cnn", "batches": "sorted"}, {"test": less(0.06)}),
        ({"norm": "BN, each position", "batches": "sorted"}, {"test": 0.9}),
    ],
    "spectral_classifier": [
        ({"norm": "SN hidden"}, {"test": less(0.02)}),
        ({"norm": "SN all, times 10"}, {"test": less(0.04)}),
        ({"norm": "none"}, {"test": less(-0.05)}),
        ({"norm": "SN hidden"}, {"bound": 127.0}),
        ({"norm": "SN all, times 10"}, {"bound": 127.0}),
    ],
    "style": [({"moved": "pixels"}, {"mean_gap": 0.3, "structure": 0.0, "spread_gap": 0.0})],
}
