// What all boards share: making elements, following theme and size, keys, files, and being mounted.

function element(parent, tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  parent.append(node);
  return node;
}

class Board {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.colours = themeColours();
    this.controller = new AbortController();
    const { signal } = this.controller;
    document.addEventListener("keydown", (event) => this.key(event), { signal });
    this.sizes = new ResizeObserver(() => this.resized());
    this.sizes.observe(root);
    this.themes = new MutationObserver(() => { this.colours = themeColours(); this.invalidate(true); });
    this.themes.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  }

  addCharts(charts, parent = this.root) {
    const row = element(parent, "div", "charts");
    this.charts = charts.map(([title, hint, draw]) => {
      const box = element(row, "figure", "chart"), caption = element(box, "figcaption", "");
      element(caption, "span", "", `${title} `);
      const small = element(caption, "span", "hint"), canvas = element(box, "canvas", "");
      canvas.setAttribute("role", "img");
      const chart = new Chart(canvas, draw);
      // What may not fit beside the title is told in full under the pointer.
      chart.say = (short, full = short) => { small.textContent = short; box.title = `${title}: ${full}`; canvas.setAttribute("aria-label", box.title); };
      chart.say(hint);
      return chart;
    });
  }

  // Keys that mean the same on all pages; those typed into a field, or pressed on a button, are not ours.
  key(event, more = {}) {
    const tag = event.target.tagName;
    if (event.ctrlKey || event.metaKey || event.altKey || ["INPUT", "SELECT", "TEXTAREA"].includes(tag)) return;
    const keys = { " ": "toggle", ArrowRight: "step", ArrowDown: "slower", ArrowUp: "faster", ...more };
    if (event.shiftKey) keys.ArrowLeft = "reset";
    const wanted = keys[event.key];
    if (!wanted || (wanted === "toggle" && ["BUTTON", "SUMMARY", "A"].includes(tag))) return;
    event.preventDefault();
    if (typeof wanted === "function") wanted();
    else this.model.send({ kind: "key", key: wanted });
  }

  showAddress({ query, playing }) {
    history.replaceState(history.state, "", `?${query}`);
    this.root.dataset.playing = playing;
  }

  save(message, bytes) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type: message.type }));
    link.download = message.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
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

const mounted = (Kind) => ({
  render({ model, el }) {
    const root = document.createElement("div");
    el.append(root);
    const page = new Kind(model, root);
    root.page = page; // for the tests, which look at what is drawn
    const receive = (message, buffers) => page.receive(message, buffers);
    model.on("msg:custom", receive);
    model.send({ kind: "ready" });
    return () => { model.off("msg:custom", receive); page.close(); };
  },
});
