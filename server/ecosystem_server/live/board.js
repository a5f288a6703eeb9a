// The live page's board: takes frames, paints the latest one when the browser is ready, and acknowledges it.

// Arrays are copies: a buffer need not begin where a 32-bit number may.
function unpack(places, buffers) {
  const array = ({ buffer, byteOffset, byteLength }) => new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  return Object.fromEntries(Object.entries(places).map(([name, at]) => [name, array(buffers[at])]));
}

class LiveBoard extends Board {
  constructor(model, root) {
    super(model, root);
    this.shared = { view: { x: 0, y: 0, scale: 100 }, hover: null, follow: null, range: [0, 1] };
    this.arms = [];
    this.frame = this.acknowledged = 0;
    this.painted = this.painting = 0; // frames, and milliseconds: for the tests of speed
    this.events = [];
    root.className = "scene";
    this.worlds = element(root, "div.worlds");
    this.panels = ["A", "B"].map((letter, index) => this.panel(letter, index));
    this.addCharts(CHARTS);
    this.log = element(root, "div.events", "", { role: "log", "aria-label": "What was changed when" });
    this.pulse = setInterval(() => this.model.send({ kind: "alive" }), 2000);
    document.addEventListener("visibilitychange", () => this.invalidate(), { signal: this.controller.signal });
  }

  panel(letter, index) {
    const box = element(this.worlds, `section.world.arm-${letter.toLowerCase()}`), head = element(box, "header");
    element(head, "b.letter", letter);
    const title = element(head, "span.mechanism"), figures = element(head, "span.figures");
    const hold = element(box, "div.hold"), canvas = element(hold, "canvas.space", "", { tabindex: 0, role: "img" });
    const note = element(hold, "div.note"), legend = element(hold, "div.legend", "user utility ");
    const low = element(legend, "span"), bar = element(legend, "i.bar"), high = element(legend, "span");
    element(legend, "span", " · size: deployed weight");
    const tip = element(hold, "div.tip"), space = new Space(canvas, this.shared);
    this.listenTo(canvas, space);
    return { box, title, figures, canvas, note, tip, low, bar, high, space, index };
  }

  resized() { this.fitted || this.fit(); this.invalidate(); }

  listenTo(canvas, space) {
    let grip = null;
    const at = (event) => { const r = canvas.getBoundingClientRect(); return [event.clientX - r.left, event.clientY - r.top]; };
    canvas.addEventListener("pointerdown", (event) => { grip = [...at(event), false]; canvas.setPointerCapture(event.pointerId); });
    canvas.addEventListener("pointermove", (event) => {
      const [x, y] = at(event), view = this.shared.view;
      if (grip) {
        if (Math.hypot(x - grip[0], y - grip[1]) > 3 || grip[2]) {
          view.x -= (x - grip[0]) / view.scale; view.y += (y - grip[1]) / view.scale;
          grip = [x, y, true];
          this.fitted = true;
          this.invalidate(true);
        }
      } else { this.shared.hover = space.pick(x, y); this.invalidate(); }
    });
    canvas.addEventListener("pointerup", (event) => {
      if (grip && !grip[2]) {
        const hit = space.pick(...at(event)), old = this.shared.follow;
        this.shared.follow = hit && old && hit.kind === old.kind && hit.index === old.index ? null : hit;
      }
      grip = null;
      this.invalidate();
    });
    canvas.addEventListener("pointerleave", () => { this.shared.hover = null; this.invalidate(); });
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * 0.0015), space, ...at(event));
    }, { passive: false });
    canvas.addEventListener("dblclick", () => this.fit());
  }

  zoom(factor, space, px, py) {
    const view = this.shared.view, x = view.x + (px - space.w / 2) / view.scale, y = view.y - (py - space.h / 2) / view.scale;
    view.scale = Math.min(Math.max(view.scale * factor, 5), 5000);
    view.x = x - (px - space.w / 2) / view.scale; view.y = y + (py - space.h / 2) / view.scale;
    this.fitted = true;
    this.invalidate(true);
  }

  key(event) {
    const { space } = this.panels[0], zoom = (factor) => () => this.zoom(factor, space, space.w / 2, space.h / 2);
    const more = { "+": zoom(1.2), "-": zoom(1 / 1.2), 0: () => this.fit() };
    super.key(event, event.shiftKey ? { ...more, ArrowRight: "epoch" } : more);
  }

  fit() {
    const first = this.panels[0].space;
    if (!first.about || !first.canvas.clientWidth) return;
    const [x0, x1, y0, y1] = first.bounds(), view = this.shared.view;
    view.x = (x0 + x1) / 2; view.y = (y0 + y1) / 2;
    const { clientWidth: w, clientHeight: h } = first.canvas;
    // Room at each side for the largest marks, and for the words above and below; a sliver where many are small.
    const few = first.about.users <= 200, room = (size, least) => size - 2 * Math.min(Math.max(0.08 * size, few ? least : 0), size / 4);
    view.scale = Math.min(room(w, 30) / (x1 - x0 || 1), room(h, 50) / (y1 - y0 || 1));
    this.fitted = false;
    this.invalidate(true);
  }

  receive(message, buffers) {
    if (message.kind === "scene") this.setScene(message, buffers);
    else if (message.kind === "frame") this.setFrame(message, buffers);
    else super.receive(message, buffers);
  }

  setScene(message, buffers) {
    const before = this.arms[0]?.about, after = message.arms[0];
    const other = !before || this.environment !== message.environment || before.users !== after.users;
    this.environment = message.environment;
    this.arms = message.arms.map((about, index) => {
      const { space } = this.panels[index];
      space.setScene(about, unpack(about.arrays, buffers));
      return { about, space, charts: null, swaps: [] };
    });
    this.panels.forEach(({ box }, index) => { box.hidden = index >= this.arms.length; });
    this.worlds.classList.toggle("single", this.arms.length === 1);
    if (other) { this.shared.follow = this.shared.hover = null; requestAnimationFrame(() => this.fit()); }
  }

  setFrame(message, buffers) {
    this.frame = message.frame;
    this.root.dataset.stepSeconds = message.step_seconds;
    message.arms.forEach((about, index) => {
      const arm = this.arms[index], arrays = unpack(about.arrays, buffers);
      if (!arm) return;
      arm.space.setFrame(arrays, about.step);
      arm.now = about;
      if (about.swaps) { arm.swaps = about.swaps; arm.charts = arrays; this.chartsStale = true; }
    });
    if (message.events) { this.events = message.events; this.range(); }
    this.invalidate();
  }

  // Shades span from the 2nd percentile to the best utility over both arms, so that the same shade means the same.
  range() {
    const sample = ({ space: { utility } }) => {
      const stride = Math.max(1, Math.floor(utility.length / 200));
      return [...utility].filter((_, j) => j % stride === 0);
    };
    const values = this.arms.flatMap(sample).filter(Number.isFinite).sort((a, b) => a - b); // of those who are there
    this.shared.range = [values[Math.floor(values.length * 0.02)], values.at(-1)];
  }

  invalidate(everything = false) {
    if (everything) { this.chartsStale = true; this.panels.forEach(({ space }) => { space.layerStale = true; }); }
    // A hidden page does not paint, and acknowledges all the same.
    if (document.hidden) this.acknowledge();
    else super.invalidate();
  }

  // Every other frame is acknowledged, and those before it with it: a message costs the server as much as a frame.
  acknowledge() {
    if (this.shown !== this.frame) this.painted += 1;
    this.shown = this.frame;
    if (this.frame - this.acknowledged < 2) return;
    this.acknowledged = this.frame;
    this.model.send({ kind: "painted", frame: this.frame });
  }

  paint() {
    const began = performance.now();
    this.arms.forEach((arm, index) => {
      arm.space.resize();
      arm.space.draw(this.colours);
      if (arm.now) this.describe(this.panels[index], arm);
    });
    if (this.chartsStale && this.arms.every((arm) => arm.charts)) {
      this.drawCharts(this.arms);
      this.log.title = this.events.join("\n");
      write(this.log, this.events.slice(-8).join("   ·   ") || "no changes yet: swap a mechanism while it plays, and the axis is marked");
      this.hintAtWeights();
      this.chartsStale = false;
    }
    if (this.arms.some(({ space }) => space.ghosts.length)) this.invalidate(); // they fade
    this.painting += performance.now() - began;
    this.acknowledge();
  }

  describe({ title, figures, canvas, note, tip, low, bar, high, index }, { about, now, space }) {
    const text = `step ${now.step} · welfare ${number(now.welfare)} · default terms ${number(now.welfare_default)}`;
    write(title, now.title);
    write(note, this.counts(about, now));
    if (write(figures, text)) canvas.setAttribute("aria-label", `Strategy space of arm ${"AB"[index]}: ${now.title}, ${text}`);
    [low, high].forEach((end, k) => write(end, number(this.shared.range[k], 2)));
    const { shades } = this.colours;
    if (bar.shades !== shades) { bar.shades = shades; bar.style.background = `linear-gradient(to right, ${shades.join(",")})`; }
    write(tip, space.describe(this.shared.hover || this.shared.follow));
    tip.hidden = !tip.textContent;
  }

  // Who is there, and what of it is seen.
  counts({ users, dim, explained, items, enlarged }, { alive, present, step, moved, movers }) {
    const flat = dim <= 2, there = present < users ? `${present} of ${users}` : users;
    const seen = flat ? "" : ` in ${dim} dimensions; this plane shows ${Math.round(100 * explained)} % of the users' variance`;
    const larger = enlarged === 1 ? "" : `, drawn ${Number(enlarged.toPrecision(2))} times as large: their direction counts`;
    return `${counted(alive, "creator")}${flat ? " (circles)" : ""}, ${there} users${flat ? " (diamonds)" : seen}` +
      (items ? `; ${items} items (dots)${larger}` : "") + (step ? `; moved: ${moved} now, ${movers} so far` : "");
  }

  // Weights are updated whether the mechanism uses them or not.
  hintAtWeights() {
    const idle = [...new Set(this.arms.filter(({ now }) => !now.uses_weights).map(({ now }) => now.mechanism))].join(", ");
    if (this.idle === idle) return;
    this.idle = idle;
    const [, usual] = CHARTS[1], { setHint } = this.charts[1];
    if (idle) setHint("pale: unused", `${usual}; pale: computed, not used under ${idle}`);
    else setHint(usual);
  }

  close() {
    super.close();
    clearInterval(this.pulse);
  }
}

export default mounted(LiveBoard);
