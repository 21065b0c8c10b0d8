"""What Lighthouse says of every page: mobile preset, from this machine, gzip as a server would send it."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.report import kb, site, table

PACKAGE = "lighthouse@12.2.3"
# Category or audit, how it is shown, and whether it is within its budget.
SCORES = {
    "performance": (lambda v: f"{v:.2f}", lambda v: v >= 0.95),
    "accessibility": (lambda v: f"{v:.2f}", lambda v: v >= 1),
    "first-contentful-paint": (lambda v: f"{v / 1000:.1f} s", lambda _: True),
    "largest-contentful-paint": (lambda v: f"{v / 1000:.1f} s", lambda _: True),
    "cumulative-layout-shift": (lambda v: f"{v:.3f}", lambda v: v <= 0.02),
    "total-blocking-time": (lambda v: f"{v:.0f} ms", lambda v: v <= 150),
    "total-byte-weight": (kb, lambda v: v <= 350_000),
}
PLAIN = (".woff2", ".webp", ".png", ".jpg")  # packed already


def run() -> None:
    import browsers
    import build_book

    folder = site()
    chrome = browsers.find_chromium()
    if chrome is None:
        raise RuntimeError("no Chromium here; set CHROMIUM=/path/to/it")
    with tempfile.TemporaryDirectory() as temporary, served(folder) as address:
        command = fetched(Path(temporary))
        rows = [
            [name, *judged(command, f"{address}/{name}", str(chrome))]
            for name in build_book.pages()
            if (folder / name).exists()
        ]
    table(["page", *(name.replace("-", " ") for name in SCORES)], rows)


def judged(command: list[str], address: str, chrome: str) -> list[str]:
    """The figures of one page; in bold what is over its budget."""
    flags = ["--quiet", "--output=json", "--chrome-flags=--headless --no-sandbox"]
    flags.append("--only-categories=performance,accessibility")
    done = subprocess.run(
        [*command, address, *flags], env=os.environ | {"CHROME_PATH": chrome}, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"Lighthouse failed on {address}: {done.stderr.strip()[-300:]}")
    report = json.loads(done.stdout)
    found = []
    for name, (shown, within) in SCORES.items():
        category = report["categories"].get(name)
        value = category["score"] if category else report["audits"][name]["numericValue"]
        found.append(shown(value) if within(value) else f"**{shown(value)}**")
    return found


def fetched(folder: Path) -> list[str]:
    """Lighthouse, from npm into a temporary folder, as a command."""
    if not shutil.which("npm"):
        raise RuntimeError("no npm here to fetch Lighthouse with")
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", PACKAGE]
    if subprocess.run(command, cwd=folder, capture_output=True).returncode:
        raise RuntimeError("npm could not fetch Lighthouse")
    return ["node", str(folder / "node_modules" / "lighthouse" / "cli" / "index.js")]


class Zipped(SimpleHTTPRequestHandler):
    """Files of a folder, packed as servers pack them; silent."""

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        path = path / "index.html" if path.is_dir() else path
        if not path.is_file():
            return self.send_error(404)
        body, packed = path.read_bytes(), not path.name.endswith(PLAIN)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Cache-Control", "max-age=31536000")
        if packed:
            body = gzip.compress(body, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Zipped, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
