from dlsteps.experiments import Result
from dlsteps.experiments.tables import winners
from dlsteps.experiments.tuning import tune_then_report


def search(norm, best):
    found = tune_then_report(
        lambda settings, seed: {"validation": -abs(settings["learning_rate"] - best)},
        {"learning_rate": (0.1, 0.2, 0.4)},
        (7, 8, 9),
        (0, 1),
    )
    return [{"network": "cnn", "norm": norm, **record} for record in found]


def test_each_search_has_a_row_with_its_winner_and_where_that_lies():
    result = Result("order", {}, "", {}, 1, 0.0, [*search("BN", 0.2), *search("GN", 0.8)])
    lines = str(winners(result)).splitlines()
    assert lines[2:] == [
        "| order | cnn, BN | 0.2 | learning_rate 2 of 3 |",
        "| order | cnn, GN | 0.8 | learning_rate 4 of 5 |",
    ]
