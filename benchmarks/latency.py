"""From an input to the painted frame, at the speed of this machine and four times slower."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.report import percentile, table, verdict

STEPS = 240
BUDGETS = {1: 16.7, 4: 50.0}  # ms, by CPU throttle

# Presses enabled controls in turn, all kinds, and times each: from the event's own time stamp to the first
# task after the next animation frame, when style, layout and paint of that frame are done.
MEASURE = """async (count) => {
  const root = document.querySelector("figure.dls");
  let seed = 1;
  const random = (n) => (seed = (seed * 48271) % 2147483647) % n;
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { channel.port1.close(); done(performance.now()); };
    channel.port2.postMessage(0);
  }));
  const rest = async () => {
    for (let i = 0; i < 3; i++) await painted();
    await new Promise((done) => setTimeout(done, 20));
  };
  const changes = (b) =>
    /^(set|step|select|look)/.test(b.dataset.act) && b.getAttribute("aria-disabled") !== "true" &&
    (b.classList.contains("dls-toggle") || b.getAttribute("aria-pressed") !== "true");
  const act = () => {
    const buttons = [...root.querySelectorAll("button")].filter(changes);
    const things = [...buttons, ...root.querySelectorAll("input[data-set]")];
    const thing = things[random(things.length)];
    if (thing.tagName === "BUTTON") return [thing, new MouseEvent("click", { bubbles: true })];
    thing.value = (Number(thing.value) + 1) % (Number(thing.max) + 1);
    return [thing, new Event("input", { bubbles: true })];
  };
  const times = [];
  while (times.length < count) {
    const [thing, event] = act();
    const start = event.timeStamp;
    thing.dispatchEvent(event);
    const scripted = performance.now() - start;
    times.push([(await painted()) - start, scripted]);
    await rest();
  }
  return times;
}"""

# Without a display's rhythm, the time is the work itself and not the wait for the next tick of the screen.
FLAGS = ["--disable-frame-rate-limit", "--disable-gpu-vsync"]


def run() -> None:
    import browsers
    from explorers import EXPLORERS

    browsers.ARGUMENTS = [*browsers.ARGUMENTS, *FLAGS]
    head = ["explorer", "throttle", "p50", "p95", "of it script, p50", "budget for p95", "verdict"]
    with browsers.chromium() as browser, tempfile.TemporaryDirectory() as folder:
        rows = [
            row(browser, name, make().save(Path(folder) / f"{name}.html"), rate)
            for name, make in EXPLORERS.items()
            for rate in BUDGETS
        ]
    table(head, rows)
    print(f"\n{STEPS} steps through varied controls each; the formula is set after the frame is painted.")


def row(browser, name: str, path: Path, rate: int) -> list[str]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_function("document.documentElement.dataset.dls === 'ready'")
    page.evaluate(MEASURE, 20)  # warm: the first steps compile the script
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": rate})
    times = page.evaluate(MEASURE, STEPS)
    context.close()
    whole, script = ([t[i] for t in times] for i in (0, 1))
    p95 = percentile(whole, 95)
    budget = BUDGETS[rate]
    return [
        name,
        f"{rate}×",
        f"{percentile(whole, 50):.1f} ms",
        f"{p95:.1f} ms",
        f"{percentile(script, 50):.1f} ms",
        f"{budget} ms",
        verdict(p95, budget),
    ]
