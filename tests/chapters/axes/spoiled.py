"""For each experiment: which records to spoil, in which figure, with what.

Together they must break every conclusion, so that none of them holds whatever was measured.
"""

SPOILED = {
    "forgotten_keepdim": [({"method": "with keepdim"}, {"test": 0.1})],
}
