"""What a reader has to load."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from benchmarks.report import kb, site, table, verdict, zipped

SCRIPT, BANK = 40_000, 64_000
OWN_SCRIPTS = ["dlsteps-stage.js", "book.js"]


def run() -> None:
    import build_book
    from explorers import EXPLORERS

    from dlsteps.stage.bank import dumps

    folder = site()
    names = [name for name in build_book.pages() if (folder / name).exists()]
    table(["page", "HTML", "HTML gzip", "with its files", "gzip"], [page(folder, name) for name in names])
    print()
    scripts = [folder / "_static" / name for name in OWN_SCRIPTS]
    sizes = {path.name: zipped(path.read_bytes()) for path in scripts if path.exists()}
    sizes["together"] = sum(sizes.values())
    table(
        ["JavaScript that the book adds", "gzip", "budget", "verdict"],
        [[name, kb(size), kb(SCRIPT), verdict(size, SCRIPT)] for name, size in sizes.items()],
    )
    print()
    banks = {name: (make(), dumps(make().bank()).encode()) for name, make in EXPLORERS.items()}
    table(
        ["bank", "frames", "size", "gzip", "budget", "verdict"],
        [
            [name, len(e.bank()["frames"]), kb(len(b)), kb(zipped(b)), kb(BANK), verdict(zipped(b), BANK)]
            for name, (e, b) in banks.items()
        ],
    )


def page(folder: Path, name: str) -> list[str]:
    """The size of a page alone, and with the scripts, styles and images that it names."""
    html = (folder / name).read_bytes()
    parts = [html, *(path.read_bytes() for path in files(folder / name, html.decode("utf-8")))]
    return [
        name,
        kb(len(html)),
        kb(zipped(html)),
        kb(sum(map(len, parts))),
        kb(sum(zipped(part) for part in parts)),
    ]


def files(path: Path, html: str) -> list[Path]:
    found = re.findall(r'<(?:script|img)\b[^>]*?\bsrc="([^"]+)"', html)
    found += re.findall(r'<link\b(?=[^>]*rel="(?:stylesheet|preload)")[^>]*?\bhref="([^"]+)"', html)
    local = {(path.parent / unquote(re.split(r"[?#]", url)[0])).resolve() for url in found if ":" not in url}
    return sorted(file for file in local if file.is_file())
