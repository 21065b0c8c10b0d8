// What the theme's scripts leave undone. A classic script: pages opened as files load no modules.
(() => {
  // A page opened as a file may not read other pages, so search shows titles without an excerpt there.
  if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  }

  // One switch for the code that only verifies, tabulates or plots; the choice holds from page to page.
  const root = document.documentElement;
  const showCode = (all) => {
    if (all) root.dataset.code = "all";
    else delete root.dataset.code;
  };
  showCode(localStorage.getItem("all-code") === "true"); // layout.html sees to it that there is a storage
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("button.all-code");
    if (!button) return;
    const press = (all) => button.setAttribute("aria-pressed", String(all));
    press(root.dataset.code === "all");
    button.addEventListener("click", () => {
      const all = button.getAttribute("aria-pressed") !== "true";
      press(all);
      showCode(all);
      localStorage.setItem("all-code", all);
    });
  });

  // A box that scrolls must be reachable by keyboard; one that does not should be no stop on the way.
  const boxes = ".pst-scrollable-table-container, .scrolls, .cell_output .text_html, div.math > .set, pre";
  const markScrollable = () => {
    for (const box of document.querySelectorAll(boxes)) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };
  let waiting = 0;
  const soon = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(markScrollable);
  };
  window.addEventListener("load", () => {
    soon();
    // Figures change widths after the load event.
    new ResizeObserver(soon).observe(document.body);
  });
})();
