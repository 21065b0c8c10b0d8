"""The old import of the explorers keeps working for one version."""

import pytest

from dlsteps import scenes
from dlsteps.chapters import axes, normalization
from dlsteps.chapters.normalization import worked_examples


@pytest.mark.parametrize(
    ("name", "home"), [("axes", axes), ("normalization", normalization), ("worked_examples", worked_examples)]
)
def test_the_old_name_leads_to_the_new_home(name, home):
    with pytest.warns(DeprecationWarning, match=f"dlsteps.scenes.{name} is dlsteps.chapters."):
        assert getattr(scenes, name) is home


def test_other_names_are_no_longer_there():
    with pytest.raises(AttributeError, match="no attribute 'words'"):
        scenes.words  # noqa: B018
