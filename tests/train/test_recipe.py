import sys
from dataclasses import dataclass
from types import ModuleType

import pytest
from judge import refuses
from small import digits

from dlsteps.train import Common, find, names, recipe, recipes

TEXT = '''"""A recipe."""
from small.digits import METRIC, Settings, build, data, loss, metric
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The package of recipes with other files in it."""
    before = set(sys.modules)
    monkeypatch.setattr(recipes, "__path__", [str(tmp_path)])
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith(recipes.__name__):
            del sys.modules[name]


def test_names_are_the_files_of_the_package(folder):
    (folder / "second.py").write_text(TEXT)
    (folder / "first.py").write_text(TEXT)
    (folder / "_shared.py").write_text("")
    assert names() == ("first", "second")
    found = find("second")
    assert found.Settings is digits.Settings
    assert recipe.name_of(found) == "second"


def test_unknown_name_lists_the_names(folder):
    (folder / "first.py").write_text(TEXT)
    with pytest.raises(ValueError, match=r"no recipe is called 'frist'; try one of first, or package.module"):
        find("frist")


def test_a_module_of_ones_own_is_found_by_its_full_name():
    assert find("small.digits") is digits
    assert recipe.name_of(digits) == "small.digits"
    for name in ("small.letters", "nowhere.letters"):
        with pytest.raises(ValueError, match=f"no module is called '{name}'; set PYTHONPATH"):
            find(name)


def test_what_a_module_lacks_is_named():
    with pytest.raises(ValueError, match=r"no recipe: it lacks Settings, METRIC, build, data, loss, metric;"):
        find("os.path")


def test_a_missing_import_of_a_recipe_is_not_a_missing_recipe(folder):
    (folder / "first.py").write_text("import letters_that_are_not_here")
    with pytest.raises(ModuleNotFoundError, match="letters_that_are_not_here"):
        find("first")


def test_texts_are_read_by_the_type_of_the_setting():
    @dataclass(frozen=True)
    class Settings(Common):
        rotate: bool = False
        folder: str = ""

    mine = ModuleType("mine")
    mine.Settings = Settings
    texts = ["steps=7", "learning_rate=3e-4", "rotate=true", "folder=a=b", "clip_norm=2"]
    values = recipe.parse(mine, texts)
    assert values == {"steps": 7, "learning_rate": 3e-4, "rotate": True, "folder": "a=b", "clip_norm": 2.0}
    assert [type(value) for value in values.values()] == [int, float, bool, str, float]
    settings = recipe.configure(mine, values)
    assert settings == Settings(steps=7, learning_rate=3e-4, rotate=True, folder="a=b", clip_norm=2.0)
    assert recipe.configure(mine, recipe.as_json(settings)) == settings
    with pytest.raises(ValueError, match="rotate is true or false, and 'yes' is neither; try rotate=true"):
        recipe.parse(mine, ["rotate=yes"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("steps", "--set steps is no assignment; write key=value"),
        (
            "stepz=5",
            "small.digits has no setting 'stepz'; try one of steps, batch_size, .*width, dropout",
        ),
        ("=5", "no setting ''; try one of steps"),
        ("steps=5.0", "steps is a whole number, and '5.0' is not; try steps=64"),
        ("learning_rate=fast", "learning_rate is a finite number, and 'fast' is not; try learning_rate=1e-3"),
        ("learning_rate=nan", "learning_rate is a finite number, and 'nan' is not"),
        ("learning_rate=inf", "learning_rate is a finite number, and 'inf' is not"),
    ],
)
def test_a_wrong_assignment_names_the_rule(text, message):
    with pytest.raises(ValueError, match=message):
        recipe.parse(digits, [text])


def test_a_stored_setting_that_is_gone_is_named():
    with pytest.raises(ValueError, match="no setting 'depth'; try one of"):
        recipe.configure(digits, {"depth": 3})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"steps": 0}, "steps=0 is below 1"),
        ({"batch_size": 0}, "batch_size=0 is below 1"),
        ({"accumulate": 0}, "accumulate=0 is below 1"),
        ({"save_every": 0}, "save_every=0 is below 1"),
        ({"warmup": -1}, "warmup=-1 is negative"),
        ({"weight_decay": -0.1}, "weight_decay=-0.1 is negative"),
        ({"clip_norm": -1.0}, "clip_norm=-1.0 is negative"),
        ({"seed": -1}, "seed=-1 is negative"),
        ({"learning_rate": 0.0}, "learning_rate=0.0 is not above 0; try 1e-3"),
        ({"ema_decay": 1.0}, r"ema_decay=1.0 is not in \[0, 1\); try 0.999"),
        ({"ema_decay": -0.1}, r"ema_decay=-0.1 is not in \[0, 1\)"),
        ({"dtype": "float16"}, "dtype='float16' is unknown; try 'float32' or 'float64'"),
        (
            {"batch_size": 12, "accumulate": 5},
            "accumulate=5 does not divide batch_size=12; try 1, 2, 3, 4, 6, 12",
        ),
    ],
)
def test_settings_are_checked_at_the_door(values, message):
    with refuses(ValueError, match=message):
        Common(**values)


def test_more_samples_than_can_be_counted_are_refused():
    with refuses(
        ValueError, r"steps=10+ of batch_size=64 are more samples than 63 bits can count; try fewer"
    ):
        Common(steps=10**18)
    with refuses(ValueError, rf"seed={2**63} has more than 63 bits; try 0"):
        Common(seed=2**63)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("steps", "10", "a whole number"),
        ("steps", 10.0, "a whole number"),
        ("steps", True, "a whole number"),
        ("learning_rate", "0.1", "a finite number"),
        ("weight_decay", float("nan"), "a finite number"),
        ("clip_norm", float("inf"), "a finite number"),
        ("warp", "False", "True or False"),
        ("warp", 1, "True or False"),
        ("dtype", None, "a text"),
    ],
)
def test_settings_are_of_their_type_however_they_are_given(name, value, rule):
    """The text "False" was taken as true."""

    @dataclass(frozen=True)
    class Settings(Common):
        warp: bool = False

    with pytest.raises(ValueError, match=f"{name}={value!r} is not {rule}; give one"):
        Settings(**{name: value})
    assert Settings(learning_rate=1).learning_rate == 1


def test_differences_in_data_are_named():
    before = {"pictures": 20, "names": "ab12", "groups": 3}
    assert recipe.differences(before, before) == []
    assert recipe.differences({}, before) == []
    now = {"pictures": 10, "names": "cd34", "objects": 7}
    expected = ["10 pictures for 20", "other names", "7 objects for 0", "0 groups for 3"]
    assert recipe.differences(before, now) == expected
