"""What a page must show in each state of an explorer, computed in Python and not by the page's script."""

from __future__ import annotations

import json
from typing import Any

from dlsteps.stage import Explorer, Frame
from dlsteps.stage.controls import state_key, states


def expected(explorer: Explorer) -> dict[str, Any]:
    """Controls, and for each state the words and the keys that the page must show."""
    return {
        "name": explorer.name,
        "controls": [control.to_json() for control in explorer.controls],
        "frames": {
            state_key(explorer.controls, state): _frame(explorer.frame(**state))
            for state in states(explorer.controls)
        },
    }


def held(page: Any, must: dict[str, Any]) -> Any:
    """What a page must show, as an object of the page: handed over once, and not at every question."""
    name = must["name"]
    if not page.evaluate("name => Boolean(globalThis.held?.[name])", name):
        page.evaluate(
            "([name, text]) => { globalThis.held = { ...globalThis.held, [name]: JSON.parse(text) } }",
            [name, json.dumps(must)],
        )
    return page.evaluate_handle("name => held[name]", name)


def _frame(frame: Frame) -> dict[str, Any]:
    keys = range(len(frame.select.labels) if frame.select else 1)
    texts = [frame.text(key) for key in keys]
    return {
        "captions": [f"{frame.lead} {caption}".strip() for caption, _ in texts],
        "formulas": [formula for _, formula in texts],
        "readout": [[str(name), str(value)] for name, value in frame.readout],
        "everything": frame.everything,
        "panels": [_panel(panel) for panel in frame.panels],
        **_lights(frame, len(keys)),
    }


def _lights(frame: Frame, keys: int) -> dict[str, Any]:
    """The lit cells of each panel for each selection and each cell that is pointed at, each once."""
    known: dict[str, int] = {}

    def number(lit: Any) -> int:
        return -1 if lit is None else known.setdefault(json.dumps(lit), len(known))

    selected = [number(frame.lit(key)) for key in range(keys)]
    pointed = [
        [number(frame.pointed(p, cell)) for cell in range(panel.cells)]
        for p, panel in enumerate(frame.panels)
    ]
    return {"lights": [json.loads(lit) for lit in known], "selected": selected, "pointed": pointed}


def _panel(panel: Any) -> dict[str, Any]:
    keys = getattr(panel, "keys", None)
    return {
        "title": panel.title,
        "note": panel.note,
        "cells": panel.cells,
        "keys": None if keys is None else keys.ravel().tolist(),
        "coming": list(panel.coming),
        "hidden": list(getattr(panel, "hidden", ())),
        "reveal": bool(getattr(panel, "reveal", False)),
    }
