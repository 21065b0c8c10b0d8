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
  const boxes = ".pst-scrollable-table-container, .scrolls, .cell_output .text_html, div.math > .set, dl.py span.math, pre";
  // It is measured when it is laid out, and again when its width changes.
  const sized = new ResizeObserver((seen) => {
    for (const { target } of seen) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  window.addEventListener("load", () => {
    for (const box of document.querySelectorAll(boxes)) sized.observe(box);
  });
})();
