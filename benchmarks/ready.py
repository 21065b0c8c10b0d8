"""When the first explorer can be used, against the same page with the same explorers through html-manager.

The other page is the built page with each figure replaced by what ipywidgets embeds: require.js, html-manager
and the widget's state. Its scripts come from npm into a temporary folder and are served from here too.
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.report import kb, site, table, zipped

RUNS = 9
BUDGET = 0.5
PACKAGES = ["@jupyter-widgets/html-manager@1.0.15", "requirejs@2.3.7"]
FIGURE = re.compile(r'<figure class="dls" id="([^"]+)".*?</figure>', re.DOTALL)

OWN_FILES = r"<script[^>]*dlsteps-stage\.js[^>]*></script>|<link[^>]*dlsteps-stage\.css[^>]*>"

# The time of the first frame that has the explorer's caption and its cells in it.
WATCH = """() => {
  const look = () => {
    const [caption, drawing] = [".dls-caption", "svg"].map((css) => document.querySelector(`.dls.on ${css}`));
    if (caption?.textContent && drawing)
      requestAnimationFrame(() => setTimeout(() => { globalThis.readyAt = performance.now(); }));
    else requestAnimationFrame(look);
  };
  look();
}"""


def run() -> None:
    import browsers

    folder = site()
    chapter = next(
        (p for p in sorted(folder.glob("book/**/*.html")) if FIGURE.search(p.read_text("utf-8"))), None
    )
    if chapter is None:
        raise RuntimeError("no page of the built book has an explorer")
    html = chapter.read_text("utf-8")
    with tempfile.TemporaryDirectory() as temporary:
        manager = fetched(Path(temporary))
        extra = {f"/manager/{path.name}": path.read_bytes() for path in manager}
        other = str(chapter.relative_to(folder).with_name("with-html-manager.html"))
        extra[f"/{other}"] = with_html_manager(html).encode()
        with served(folder, extra) as address, browsers.chromium() as browser:
            ours, theirs = [], []
            for _ in range(RUNS):
                ours.append(ready(browser, f"{address}/{chapter.relative_to(folder)}"))
                theirs.append(ready(browser, f"{address}/{other}"))
    report(str(chapter.relative_to(folder)), ours, theirs, extra)


def report(name: str, ours: list[float], theirs: list[float], extra: dict[str, bytes]) -> None:
    rows = [
        [label, f"{statistics.median(times):.0f} ms", f"{min(times):.0f} ms", f"{max(times):.0f} ms"]
        for label, times in [("ours", ours), ("html-manager", theirs)]
    ]
    print(f"{name}, first explorer ready, cold cache, {RUNS} runs each in turn:\n")
    table(["page", "median", "from", "to"], rows)
    ratio = statistics.median(ours) / statistics.median(theirs)
    scripts = sum(zipped(data) for path, data in extra.items() if path.endswith(".js"))
    word = "within" if ratio <= BUDGET else "**over**"
    print(f"\nRatio of medians {ratio:.2f}, budget {BUDGET}: {word}. Its scripts weigh {kb(scripts)} gzip.")


def fetched(folder: Path) -> list[Path]:
    """The scripts of the other route: html-manager, require.js, and anywidget's as pip installed it."""
    if not shutil.which("npm"):
        raise RuntimeError("no npm here to fetch html-manager with")
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", *PACKAGES]
    if subprocess.run(command, cwd=folder, capture_output=True).returncode:
        raise RuntimeError("npm could not fetch html-manager")
    modules = folder / "node_modules"
    anywidget = folder / "anywidget.js"
    shutil.copy(Path(sys.prefix) / "share/jupyter/nbextensions/anywidget/index.js", anywidget)
    manager = modules / "@jupyter-widgets/html-manager/dist/embed-amd.js"
    return [modules / "requirejs/require.js", manager, anywidget]


def with_html_manager(html: str) -> str:
    """The page with each figure as a widget view, without our script and style."""
    from explorers import EXPLORERS
    from ipywidgets.embed import embed_data, widget_view_template

    names = FIGURE.findall(html)
    widgets = {name: EXPLORERS[name]() for name in names}
    data = embed_data(views=list(widgets.values()), drop_defaults=False)
    specs = dict(zip(names, data["view_specs"], strict=True))
    html = FIGURE.sub(lambda m: widget_view_template.format(view_spec=json.dumps(specs[m.group(1)])), html)
    html = re.sub(OWN_FILES, "", html)
    state = json.dumps(data["manager_state"]).replace("</", "<\\/")
    load = (
        '<script src="/manager/require.js"></script>'
        '<script>require.config({paths: {anywidget: "/manager/anywidget"}})</script>'
        + '<script src="/manager/embed-amd.js"></script>'
        + f'<script type="application/vnd.jupyter.widget-state+json">{state}</script>'
    )
    return html.replace("</body>", f"{load}</body>")


class Handler(SimpleHTTPRequestHandler):
    """Files of a folder, and a few more from memory; silent."""

    def __init__(self, *args, extra: dict[str, bytes], **kwargs) -> None:
        self.extra = extra
        super().__init__(*args, **kwargs)

    def do_GET(self) -> None:
        body = self.extra.get(self.path.split("?")[0])
        if body is None:
            return super().do_GET()
        self.send_response(200)
        self.send_header(
            "Content-Type", "text/javascript" if self.path.endswith(".js") else "text/html; charset=utf-8"
        )
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


@contextmanager
def served(folder: Path, extra: dict[str, bytes]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder), extra=extra))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def ready(browser, address: str) -> float:
    """Milliseconds from the start of the navigation to the first painted frame of the first explorer."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(f"({WATCH})()")
    page.goto(address)
    page.wait_for_function("globalThis.readyAt", timeout=60_000)
    at = page.evaluate("readyAt")
    context.close()
    return at
