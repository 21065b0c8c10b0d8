"""Random events: whatever a reader does, the frame shown is the one that the controls name."""

import pytest
from expected import held

pytestmark = pytest.mark.browser

EVENTS = 10_000
BATCH = 500
SIZES = [(1280, 900), (375, 720), (800, 1000)]


def test_every_event_leaves_the_frame_that_the_controls_name(open_page, saved, must):
    page = open_page(saved)
    page.evaluate(
        "must => { globalThis.fuzz = new probe.Fuzz(document.querySelector('figure.dls'), must, 20260) }",
        held(page, must),
    )
    for batch in range(EVENTS // BATCH):
        width, height = SIZES[batch % len(SIZES)]
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("count => fuzz.run(count)", BATCH) is None
    assert page.evaluate("fuzz.events") == EVENTS
    visited = {key.split()[0] for key in page.evaluate("[...probe.check.visited]")}
    assert len(visited) > len(must["frames"]) / 2, "the events reached too few frames to say anything"
