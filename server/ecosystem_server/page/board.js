// What all boards share: charts, following theme and size, keys, files, and being mounted.

import { emptied, fitCanvas } from "./charts.js";
import { element } from "./elements.js";
import { themeColours } from "./palette.js";

export class Board {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.colours = themeColours();
    this.controller = new AbortController();
    const { signal } = this.controller;
    for (const kind of ["keydown", "keyup"]) document.addEventListener(kind, (event) => this.key(event), { signal });
    document.addEventListener("pointerdown", ({ target }) => { this.pressed = target.closest("label")?.control ?? target; }, { signal, capture: true });
    this.sizes = new ResizeObserver(() => this.resized());
    this.sizes.observe(root);
    this.themes = new MutationObserver(() => { this.colours = themeColours(); this.invalidate(true); });
    this.themes.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "data-projector"] });
  }

  // Each chart has a title, a hint beside it, and a function that draws subjects into a box.
  addCharts(charts, parent = this.root) {
    const row = element(parent, "div.charts");
    this.charts = charts.map(([title, hint, draw]) => {
      const box = element(row, "figure.chart"), caption = element(box, "figcaption");
      const head = element(caption, "span"), small = element(caption, "span.hint"), canvas = element(box, "canvas", "", { role: "img" });
      // What may not fit beside the title stands in full under the pointer.
      const setHint = (short, full = short, name = title) => {
        head.textContent = `${name} `;
        small.textContent = short;
        box.title = `${name}: ${full}`;
        canvas.setAttribute("aria-label", box.title);
      };
      setHint(hint);
      return { canvas, draw, setHint };
    });
  }

  drawCharts(subjects) {
    if (!subjects.length) return;
    for (const chart of this.charts) {
      fitCanvas(chart.canvas);
      this.drawChart(chart, subjects, emptied(chart.canvas));
    }
  }

  drawChart({ canvas, draw }, subjects, g) {
    g.font = "11px system-ui, sans-serif";
    draw(g, { left: 38, right: canvas.clientWidth - 8, top: 8, bottom: canvas.clientHeight - 18 }, this.colours, subjects);
  }

  // Keys that mean the same on all pages. A button that has the focus is pressed with Enter: space is the page's.
  key(event, more = {}) {
    if (event.key === "Tab") this.pressed = null;
    if (event.ctrlKey || event.metaKey || event.altKey || this.isFieldKey(event)) return;
    const keys = { " ": "toggle", ArrowRight: "step", ArrowDown: "slower", ArrowUp: "faster", ...more };
    if (event.shiftKey) keys.ArrowLeft = "reset";
    const wanted = keys[event.key];
    if (!wanted) return;
    event.preventDefault();
    if (event.type === "keyup") return; // some browsers press a button only then
    if (typeof wanted === "function") wanted();
    else this.model.send({ kind: "key", key: wanted });
  }

  // Whether a key is for the field it goes to: typed there, or what a menu, slider or box goes by. Once the mouse was on
  // these, space is the page's.
  isFieldKey({ target, key }) {
    const is = (fields) => target.matches?.(fields), pressed = target === this.pressed;
    if (is("textarea, input[type=number], input[type=text]")) return true;
    if (key === " ") return is("select, input[type=checkbox]") && !pressed;
    return is("select, input[type=range]");
  }

  // Boards take the messages that only they get, and leave the others to this.
  receive(message, buffers) {
    if (message.kind === "address") this.showAddress(message);
    else if (message.kind === "file") this.save(message, buffers[0]);
  }

  showAddress({ query, playing }) {
    history.replaceState(history.state, "", `?${query}`);
    this.root.dataset.playing = playing;
  }

  save({ name, type }, bytes) {
    const href = URL.createObjectURL(new Blob([bytes], { type }));
    Object.assign(document.createElement("a"), { href, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10000);
  }

  resized() { this.invalidate(); }

  invalidate() { this.wanted ??= requestAnimationFrame(() => { this.wanted = null; this.paint(); }); }

  close() {
    this.controller.abort();
    this.sizes.disconnect();
    this.themes.disconnect();
    if (this.wanted) cancelAnimationFrame(this.wanted);
  }
}

export const mounted = (Kind) => ({
  render({ model, el }) {
    const root = element(el, "div"), page = new Kind(model, root);
    root.page = page; // for the tests, which look at what is drawn
    const receive = (message, buffers) => page.receive(message, buffers);
    model.on("msg:custom", receive);
    model.send({ kind: "ready" });
    return () => { model.off("msg:custom", receive); page.close(); };
  },
});
