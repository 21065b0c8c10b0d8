"""Formulas as MathML, which browsers draw themselves: one way for pages, explorers and notebooks."""

from __future__ import annotations

import functools

from math_core import LatexError, LatexToMathML

MACROS = {"R": r"\mathbb{R}", "E": r"\mathbb{E}"}


@functools.cache
def _converter() -> LatexToMathML:
    return LatexToMathML(macros=MACROS, fancy_error=False)


@functools.cache
def mathml(tex: str, *, display: bool = True) -> str:
    r"""A formula as MathML.

    Args:
        tex: the formula in TeX, without dollars; lines divided by ``\\`` are set below each other.
        display: on lines of its own, or within a sentence.

    Raises:
        ValueError: the formula is no TeX that can be set; the message says where it stops making sense.
    """
    if not tex.strip():
        return ""
    if r"\\" in tex and r"\begin" not in tex:
        tex = rf"\begin{{aligned}} {tex} \end{{aligned}}"
    try:
        made = _converter().convert_with_local_state(tex, displaystyle=display)
    except LatexError as error:
        raise ValueError(f"{tex!r} cannot be set as a formula: {error}") from None
    return made.replace("&ApplyFunction;", "\u2061")  # HTML knows the name; XML, and so SVG, does not
