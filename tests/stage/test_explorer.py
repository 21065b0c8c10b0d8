"""The explorer as a widget: traits, messages, words; and what it refuses."""

import ipywidgets
import pytest
import traitlets
from explorers import EXPLORERS, explorer_called
from trial import CONTROLS, scene, trial

from dlsteps.stage import Choice, Explorer, Frame, Toggle
from dlsteps.stage.bank import formulas

PLAIN = (Choice("norm", "norm", ("Batch", "Layer")), Toggle("poke", "poke"))


def plain(**options):
    return Explorer(
        "plain", "Plain", lambda norm, poke: Frame(panels=[], caption=f"{norm} {poke}"), PLAIN, **options
    )


def test_every_control_is_a_synced_trait_at_its_default():
    explorer = trial()
    for control in CONTROLS:
        assert getattr(explorer, control.name) == control.default
        assert explorer.trait_metadata(control.name, "sync") is True
        assert control.name in explorer.get_state()


def test_a_trait_can_be_set_and_watched():
    explorer, seen = plain(), []
    explorer.observe(lambda change: seen.append((change.old, change.new)), "norm")
    explorer.norm = "Layer"
    explorer.norm = "Layer"
    assert seen == [("Batch", "Layer")]
    assert explorer.state == {"norm": "Layer", "poke": False}
    assert explorer.frame().caption == "Layer False"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("norm", "Lear", "norm='Lear' is not one of its values; try 'Batch', 'Layer'"),
        ("norm", None, "norm=None is not one of its values"),
        ("poke", 1, "poke=1 is not one of its values; try False, True"),
    ],
)
def test_a_value_that_a_control_has_not_is_refused_with_those_it_has(name, value, words):
    explorer = plain()
    with pytest.raises(traitlets.TraitError, match=words):
        setattr(explorer, name, value)
    assert explorer.state == {"norm": "Batch", "poke": False}


def test_two_explorers_have_their_own_traits():
    one, two = plain(), plain()
    one.norm = "Layer"
    assert two.norm == "Batch"
    assert "norm" not in Explorer.class_traits()


def test_it_is_a_widget_among_widgets():
    one, two = plain(), plain()
    menu = ipywidgets.Text("Batch")
    box = ipywidgets.VBox([one, menu])
    link = ipywidgets.jslink((one, "norm"), (menu, "value"))
    assert box.children == (one, menu)
    assert link.source == (one, "norm")
    traitlets.link((one, "norm"), (two, "norm"))
    two.norm = "Layer"
    assert one.norm == "Layer"


@pytest.mark.parametrize(
    "name",
    [
        *("layout", "comm", "keys", "tooltip", "observe", "send", "close"),  # of ipywidgets
        *("name", "title", "controls", "baked", "state", "frame", "save", "html", "bank", "spec"),
        *("_spec", "scene"),
    ],
)
def test_a_control_with_a_name_that_is_taken_is_refused(name):
    with pytest.raises(ValueError, match=f"'{name}' is a name that ipywidgets uses; rename the control"):
        Explorer("e", "E", lambda **_: Frame(panels=[], caption=""), [Choice(name, "x", ("a", "b"))])


def test_a_frame_with_changes_leaves_the_explorer_as_it_is():
    explorer = plain()
    assert explorer.frame(norm="Layer").caption == "Layer False"
    assert explorer.norm == "Batch"
    with pytest.raises(ValueError, match="norm='Nobody' is not one of its values"):
        explorer.frame(norm="Nobody")


def test_the_state_has_hidden_controls_at_their_defaults():
    explorer = trial()
    explorer.groups = 4
    assert explorer.state["groups"] == 2.5
    explorer.norm = "Group"
    assert explorer.state["groups"] == 4


def test_words_are_the_same_every_time_and_say_what_is_shown():
    explorer = explorer_called("normalization")
    assert repr(explorer) == repr(EXPLORERS["normalization"]())
    frame = explorer.frame()
    first, second = repr(explorer).split("\n")
    assert first.startswith("Explorer('Which cells share one mean?', norm='Batch', ")
    assert "groups" not in first
    assert second == f"{frame.lead} {frame.text()[0]}"
    assert " at 0x" not in repr(explorer)


def test_a_cell_shows_text_html_and_the_live_widget():
    explorer = trial()
    bundle = explorer._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["text/plain"] == repr(explorer)
    assert data["text/html"] == explorer.html()
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == explorer.model_id


def test_the_front_end_has_what_it_needs():
    state = trial().get_state()
    assert "export" in state["_esm"]
    assert ".dls" in state["_css"]
    assert state["_spec"] == trial().spec()
    assert state["_bank"] == trial().bank()
    assert trial(baked=False).get_state()["_bank"] == {}


@pytest.fixture
def kernel():
    """An explorer that is not baked, with a way to ask it; what it sends is kept."""
    explorer = trial(baked=False)
    sent = []
    explorer.send = lambda content, buffers=None: sent.append(content)

    def ask(message):
        sent.clear()
        explorer._handle_custom_msg(message, [])
        return list(sent)

    return ask


def test_a_question_is_answered_with_the_frame(kernel):
    state = {"norm": "Group", "groups": 4, "poke": True, "step": "means"}
    frame = scene(**state)
    answer = {"key": "1.2.1.1", "frame": frame.to_json(), "math": formulas(frame)}
    assert kernel({"ask": state, "key": "1.2.1.1"}) == [answer]


def test_a_question_with_hidden_controls_is_answered_for_the_canonical_state(kernel):
    (answer,) = kernel({"ask": {"groups": 4}, "key": "k"})
    assert answer["frame"] == scene(norm="Batch", groups=2.5, poke=False, step="numbers").to_json()


def test_the_formulas_of_every_selection_come_with_their_frame(kernel):
    (answer,) = kernel({"ask": {}, "key": "k"})
    frame = scene(norm="Batch", groups=2.5, poke=False, step="numbers")
    assert set(answer["math"]) == {frame.text(key)[1] for key in range(len(frame.select.labels))}
    assert all(text.startswith("<math") for text in answer["math"].values())


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"ask": {"norm": "Nobody"}, "key": "k"}, "ValueError: norm='Nobody' is not one of its values"),
        ({"ask": {"size": 1}, "key": "k"}, "ValueError: 'size' is no control"),
        ({"ask": 7, "key": "k"}, "Error: "),
    ],
)
def test_a_question_that_cannot_be_answered_is_answered_with_words(kernel, message, words):
    (answer,) = kernel(message)
    assert answer["key"] == "k"
    assert words in answer["error"]


def test_what_a_scene_raises_reaches_the_reader():
    def broken(norm, poke):
        raise RuntimeError(f"no {norm}")

    explorer, sent = Explorer("e", "E", broken, PLAIN, baked=False), []
    explorer.send = lambda content, buffers=None: sent.append(content)
    explorer._handle_custom_msg({"ask": {}, "key": "0.0"}, [])
    assert sent == [{"key": "0.0", "error": "RuntimeError: no Batch"}]


def test_another_message_is_not_answered(kernel):
    assert kernel({"key": "k"}) == []


def test_it_begins_where_it_is_told():
    explorer = Explorer("trial", "Trial", scene, CONTROLS, start={"norm": "Group", "groups": 4})
    assert explorer.state == {"norm": "Group", "groups": 4, "poke": False, "step": "numbers"}
    assert '"state":{"norm":"Group","groups":4,' in explorer.html()


@pytest.mark.parametrize(
    ("start", "error", "message"),
    [
        ({"nrom": "Group"}, TypeError, "no control is called 'nrom'; did you mean 'norm'"),
        ({"x": 1}, TypeError, "no control is called 'x'; there are norm, groups, poke, step"),
        ({"norm": "Grp"}, ValueError, "norm='Grp' is not one of its values; try 'Batch'"),
    ],
)
def test_a_start_that_names_nothing_is_refused(start, error, message):
    with pytest.raises(error, match=message):
        Explorer("trial", "Trial", scene, CONTROLS, start=start)


def test_a_slip_in_a_name_is_not_set_in_silence():
    explorer = trial()
    with pytest.raises(TypeError, match="no control is called 'nrom'; did you mean 'norm'"):
        explorer.nrom = "Group"
    explorer.norm = "Group"
    assert explorer.state["norm"] == "Group"
