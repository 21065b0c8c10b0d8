"""The explorer in a real JupyterLab: live on a reader's tensor, and as text in a stored notebook."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
import torch
from expected import expected

from dlsteps.chapters import normalization

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
CHAPTER = ROOT / "book" / "normalization" / "normalization.ipynb"
PROBE = (Path(__file__).parent / "probe.js").read_text(encoding="utf-8")
FIGURE = ".jp-OutputArea figure.dls"
CELLS = [
    "import torch\nfrom dlsteps.chapters import normalization\n"
    "torch.manual_seed(3)\nx = torch.randn(2, 4, 3, 3, dtype=torch.float64)\n"
    "explorer = normalization.explorer(x=x)\nexplorer",
    "explorer.norm = 'Layer'",
    "print('Python sees', explorer.norm, explorer.step)",
    "explorer.norm = 'Nonsense'",
]


@pytest.fixture(scope="module")
def lab(chromium, tmp_path_factory) -> Iterator[str]:
    """The address of a JupyterLab that serves a folder of two notebooks to this machine alone."""
    folder = tmp_path_factory.mktemp("lab")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "live.ipynb")
    shutil.copy(CHAPTER, folder / "stored.ipynb")
    settings = folder / "jupyter_config_dir" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (folder / "lab.log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *OPTIONS, f"--port={port}", f"--ServerApp.root_dir={folder}"],
        cwd=folder,
        env=environment(folder),
        stdout=log,
        stderr=log,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/api/status", server, folder / "lab.log")
        yield address
    finally:
        server.terminate()
        server.wait(20)
        log.close()


OPTIONS = [
    "--no-browser",
    "--allow-root",
    "--ip=127.0.0.1",
    "--ServerApp.port_retries=0",
    "--IdentityProvider.token=",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
]


def environment(folder: Path) -> dict[str, str]:
    """A home of its own, so that no setting of this machine's user plays a part."""
    own = {name: str(folder / name.lower()) for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    one_thread = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return (
        os.environ
        | own
        | one_thread
        | {"PYTHONPATH": str(ROOT / "src"), "IPYTHONDIR": str(folder / "ipython")}
    )


def wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    """Return once the server answers; RuntimeError with its log if it ends or stays silent."""
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture
def open_lab(chromium, lab) -> Iterator:
    """Open a notebook. At the end no other host was asked, and the console has no error or warning."""
    outside, errors = [], []
    context = chromium.new_context(viewport={"width": 1280, "height": 1000})

    def ask_nobody_else(route):
        if not route.request.url.startswith(lab):
            outside.append(route.request.url)
        route.continue_() if route.request.url.startswith(lab) else route.abort()

    context.route("**/*", ask_nobody_else)

    def open_notebook(name: str):
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda m: m.type in ("error", "warning") and errors.append(m.text))
        page.add_init_script(PROBE)
        page.goto(f"{lab}/lab/tree/{name}?reset")
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
        page.get_by_text("| Idle").wait_for(timeout=60_000)  # the kernel has started
        return page

    yield open_notebook
    context.close()
    assert outside == []
    assert errors == []


def run_cell(page, at: int) -> None:
    """Run one cell and wait until its number is there."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").nth(at)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        """at => {
        const prompts = document.querySelectorAll(".jp-Notebook .jp-CodeCell .jp-InputPrompt");
        return /\\[\\d+\\]/.test(prompts[at].textContent);
      }""",
        arg=at,
        timeout=60_000,
    )


def shows(page, must, **state) -> None:
    """Wait until the explorer shows the frame of its controls, and these controls among them."""
    page.wait_for_function(
        """([must, wanted, css]) => {
        const root = document.querySelector(css);
        if (!root || root.hasAttribute("aria-busy") || !root.querySelector(".dls-caption")) return false;
        const state = probe.named(root, must.controls);
        if (Object.entries(wanted).some(([name, value]) => state[name] !== value)) return false;
        return probe.check(root, must) === null;
      }""",
        arg=[must, state, FIGURE],
        timeout=20_000,
    )


@pytest.fixture(scope="module")
def must():
    torch.manual_seed(3)
    return expected(normalization.explorer(x=torch.randn(2, 4, 3, 3, dtype=torch.float64)))


def test_the_widget_steps_through_the_readers_tensor(open_lab, must):
    page = open_lab("live.ipynb")
    run_cell(page, 0)
    shows(page, must, norm="Batch", step="cells")
    figure = page.locator(FIGURE)
    assert figure.count() == 1, "the stored HTML must give way to the widget"
    for beat in ("mean", "variance", "normalize"):
        figure.get_by_role("button", name="Next", exact=True).click()
        shows(page, must, norm="Batch", step=beat)
    figure.locator(".dls-formula math").wait_for()
    figure.get_by_role("button", name="Group", exact=True).click()
    shows(page, must, norm="Group", step="normalize")
    figure.locator("[data-set=groups]").fill("0")
    shows(page, must, norm="Group", groups=1, step="normalize")

    run_cell(page, 1)  # a trait set in Python
    shows(page, must, norm="Layer", step="normalize")
    run_cell(page, 2)  # and read there
    assert "Python sees Layer normalize" in outputs(page, 2)
    run_cell(page, 3)  # a value that it does not have
    assert "norm='Nonsense' is not one of its values; try 'Batch', 'Layer'" in outputs(page, 3)
    shows(page, must, norm="Layer", step="normalize")


def outputs(page, at: int) -> str:
    output = page.locator(".jp-Notebook .jp-CodeCell").nth(at).locator(".jp-OutputArea-output")
    output.first.wait_for()
    return " ".join(output.all_inner_texts())


def test_a_stored_chapter_shows_its_explorer_as_text(open_lab):
    page = open_lab("stored.ipynb")
    figure = page.locator(f"{FIGURE}[data-jupyter-id=normalization]").first  # what JupyterLab makes of an id
    figure.scroll_into_view_if_needed(timeout=20_000)
    caption = " ".join(normalization.explorer().frame().text()[0].split())
    assert caption in " ".join(figure.inner_text().split())
    assert figure.locator("table").first.is_visible()
    everything = page.locator(".jp-Notebook").inner_text()
    for complaint in ("Error displaying widget", "Loading widget", "Traceback", "Javascript Error"):
        assert complaint not in everything
