"""For each experiment: which records to spoil, in which figure, with what."""

SPOILED = {
    "dead_units": [({"function": "relu"}, {"silent": 0.1}), ({"function": "relu"}, {"leaky": 1.0})],
    "deep_classifier": [({"norm": "none"}, {"test": 0.5}), ({"norm": "layer norm"}, {"test": 0.1})],
}
