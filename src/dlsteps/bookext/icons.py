"""The icons of the theme's buttons, drawn here: a font of fourteen hundred would weigh more than a page."""

from __future__ import annotations

from urllib.parse import quote

# Lines in a square of 16, by the names that the theme's templates give them.
LINES = {
    "magnifying-glass": "M7 2a5 5 0 1 0 0 10a5 5 0 0 0 0-10M11 11l4 4",
    "bars": "M2 4h12M2 8h12M2 12h12",
    "list": "M5.5 4H14M5.5 8H14M5.5 12H14M2 4h.5M2 8h.5M2 12h.5",
    "arrow-up": "M8 14V2.5M3 7.5l5-5l5 5",
    "angle-left": "M10 3L5 8l5 5",
    "angle-right": "M6 3l5 5l-5 5",
    "xmark": "M3 3l10 10M13 3L3 13",
    "download": "M8 2v8.5M4.5 7L8 10.5L11.5 7M2.5 14h11",
    "file": "M4 1.5h5L12.5 5v9.5H4zM9 1.5V5h3.5",
    "file-pdf": "M4 1.5h5L12.5 5v9.5H4zM9 1.5V5h3.5M6 9h4.5M6 11.5h4.5",
    "sun": "M8 5a3 3 0 1 0 0 6a3 3 0 0 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5"
    "M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
    "moon": "M13.5 9.5A6 6 0 1 1 6.5 2.5a5 5 0 0 0 7 7z",
    "circle-half-stroke": "M8 2a6 6 0 1 0 0 12a6 6 0 0 0 0-12M8 3v10M9.5 3v10M11 4v8M12.5 6v4",
}  # fmt: skip
RULE = """:is(.fas, .fa-solid)::before {
  content: ""; display: inline-block; width: 1em; height: 1em; vertical-align: -0.125em;
  background: currentcolor; mask: var(--icon) center / contain no-repeat;
}
.article-header-buttons { align-items: center; }
"""


def style() -> str:
    """Rules that draw each icon in the color of the text around it."""
    return RULE + "".join(f".fa-{name} {{ --icon: {_url(lines)}; }}\n" for name, lines in LINES.items())


def _url(lines: str) -> str:
    svg = (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16' fill='none' stroke='#000' "
        f"stroke-width='1.6' stroke-linecap='round' stroke-linejoin='round'><path d='{lines}'/></svg>"
    )
    return f'url("data:image/svg+xml,{quote(svg, safe=" =/:")}")'
