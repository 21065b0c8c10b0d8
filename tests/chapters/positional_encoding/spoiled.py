"""For each experiment: which records to spoil, in which figure, with what.

Together they must break every conclusion, so that none of them holds whatever was measured.
"""

SPOILED = {
    "numeral_positions": [
        ({"positions": "rotary", "phase": "report"}, {"within": 0.5, "beyond": 0.1}),
    ],
}
