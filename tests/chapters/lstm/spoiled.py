"""For each experiment: which records to spoil, in which figure, with what.

Together they must break every conclusion, so that none of them holds whatever was measured.
"""

SPOILED = {
    "adding_problem": [
        ({"network": "RNN"}, {"test": 1e-4}),
        ({"network": "LSTM, bias 4"}, {"test": 0.1}),
        ({"network": "RNN, identity"}, {"test": 0.2}),
        ({"network": "LSTM, bias 1"}, {"test": 1e-4}),
    ],
    "forget_bias": [
        ({"forget_bias": 4.0, "phase": "gradient"}, {"gradient": 1e-20}),
        ({"forget_bias": 4.0, "phase": "report"}, {"test": 0.5, "reached": None}),
    ],
}
