"""For each experiment: which records to spoil, in which figure, with what.

Together they must break every conclusion, so that none of them holds whatever was measured.
"""

SPOILED = {
    "yolo_ablations": [
        ({"variant": "confidence 1"}, {"confidence": 0.1}),
        ({"variant": "lambda_noobj 0.1"}, {"confidence": 0.1, "empty": 0.0}),
        ({"variant": "lambda_noobj 1"}, {"confidence": 0.9}),
        ({"variant": "S 6"}, {"test": 0.9}),
        ({"variant": "B 1"}, {"test": 0.5}),
        ({"variant": "no roots"}, {"test": 0.5}),
    ],
}
