// The live page's board: takes frames, paints the latest one when the browser is ready, and acknowledges it.

import { Board } from "../page/board.js";
import { element, write } from "../page/elements.js";
import { pngOf, svgOf } from "../page/picture.js";
import { CHARTS, isAlone } from "./charts.js";
import { drawSpace } from "./drawing.js";
import { Hands } from "./hands.js";
import { askWhy, setWhy } from "./landscape.js";
import { Panel } from "./panel.js";
import { Scrubber } from "./scrubber.js";
import { fit, listenTo, zoom } from "./view.js";

// Arrays are copies: a buffer need not begin where a 32-bit number may.
function unpack(places, buffers) {
  const array = ({ buffer, byteOffset, byteLength }) => new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  return Object.fromEntries(Object.entries(places).map(([name, at]) => [name, array(buffers[at])]));
}

export class LiveBoard extends Board {
  constructor(model, root) {
    super(model, root);
    this.shared = { view: { x: 0, y: 0, scale: 100 }, hover: null, follow: null, range: [0, 1] };
    this.arms = [];
    this.frame = this.acknowledged = 0;
    this.painted = this.painting = 0; // frames, and milliseconds: for the tests of speed
    this.events = [];
    root.className = "scene";
    this.worlds = element(root, "div.worlds");
    this.panels = ["A", "B"].map((letter) => new Panel(this.worlds, letter, this.shared));
    const under = element(root, "div.under");
    this.scrubber = new Scrubber(this, under);
    this.hands = new Hands(this, under);
    this.panels.forEach((panel) => listenTo(this, panel));
    this.addCharts(CHARTS);
    this.log = element(root, "div.events", "", { role: "log", "aria-label": "What was changed when" });
    this.pulse = setInterval(() => this.model.send({ kind: "alive" }), 2000);
    document.addEventListener("visibilitychange", () => this.invalidate(), { signal: this.controller.signal });
  }

  resized() { this.fitted || fit(this); this.invalidate(); }

  key(event) {
    const { space } = this.panels[0], by = (factor) => () => zoom(this, factor, space, space.w / 2, space.h / 2);
    const remove = () => this.hands.remove();
    const more = { "+": by(1.2), "-": by(1 / 1.2), 0: () => fit(this), ArrowLeft: "back", Delete: remove, Backspace: remove };
    super.key(event, event.shiftKey ? { ...more, ArrowRight: "epoch" } : more);
  }

  receive(message, buffers) {
    if (message.kind === "scene") this.setScene(message, buffers);
    else if (message.kind === "frame") this.setFrame(message, buffers);
    else if (message.kind === "look") this.setLook(message, buffers);
    else if (message.kind === "picture") this.savePicture(message);
    else super.receive(message, buffers);
  }

  // What is saved is what is seen: the same drawing, by the same code.
  async savePicture({ name, type }) {
    const svg = svgOf(this.root, this.colours, (canvas, g) => {
      const shown = this.arms.find(({ space }) => space.canvas === canvas), chart = this.charts.find((one) => one.canvas === canvas);
      if (shown) drawSpace(shown.space, this.colours, g);
      else if (chart && this.arms.every((arm) => arm.charts)) this.drawChart(chart, this.arms, g);
    });
    this.save({ name, type }, type === "image/png" ? await pngOf(svg) : svg);
  }

  setScene(message, buffers) {
    const before = this.arms[0]?.about, after = message.arms[0];
    const other = !before || this.environment !== message.environment || before.users !== after.users;
    this.environment = message.environment;
    this.reachable = message.hands; // whether one may reach in
    this.arms = message.arms.map((about, index) => {
      const { space } = this.panels[index];
      space.setScene(about, unpack(about.arrays, buffers));
      return { about, space, charts: null, swaps: [] };
    });
    this.panels.forEach(({ box }, index) => { box.hidden = index >= this.arms.length; });
    this.worlds.classList.toggle("single", this.arms.length === 1);
    if (other) { this.shared.follow = this.shared.hover = null; requestAnimationFrame(() => fit(this)); }
  }

  setFrame(message, buffers) {
    this.frame = message.frame;
    this.last = message.last;
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

  setLook({ mark, arms }, buffers) {
    arms.forEach((about, index) => { if (this.arms[index]) setWhy(this.arms[index].space, mark, { ...about, ...unpack(about.arrays, buffers) }); });
    this.invalidate();
  }

  // Shades span from the 2nd percentile to the best utility over both arms, so that the same shade means the same; equals
  // are all well off.
  range() {
    const sample = ({ space: { utility } }) => {
      const stride = Math.max(1, Math.floor(utility.length / 200));
      return [...utility].filter((_, j) => j % stride === 0);
    };
    const values = this.arms.flatMap(sample).filter(Number.isFinite).sort((a, b) => a - b); // of those who are there
    const high = values.at(-1);
    this.shared.range = [Math.min(values[Math.floor(values.length * 0.02)], 0.98 * high), high];
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
    askWhy(this);
    this.arms.forEach((arm, index) => {
      arm.space.resize();
      drawSpace(arm.space, this.colours);
      if (arm.now) this.panels[index].describe(arm, this.shared, this.colours);
    });
    if (this.arms[0]?.now) this.scrubber.show(this.arms[0].now.step, this.last);
    this.hands.show();
    if (this.chartsStale && this.arms.every((arm) => arm.charts)) {
      this.drawCharts(this.arms);
      this.log.title = this.events.join("\n");
      write(this.log, this.events.slice(-8).reverse().join("   ·   ") || "no changes yet: drag a creator, double-click to add one, or swap a mechanism while it plays");
      this.hintAtWeights();
      this.chartsStale = false;
    }
    if (this.arms.some(({ space }) => space.ghosts.length)) this.invalidate(); // they fade
    this.painting += performance.now() - began;
    this.acknowledge();
  }

  // Weights are updated whether the mechanism uses them or not.
  hintAtWeights() {
    const idle = [...new Set(this.arms.filter(({ now }) => !now.uses_weights).map(({ now }) => now.mechanism))].join(", ");
    const alone = isAlone(this.arms[0].about), who = alone ? "User" : "Group", told = `${who} ${idle}`;
    if (this.told === told) return;
    this.told = told;
    const [[, usual], [, means]] = CHARTS.slice(1), [weights, utilities] = this.charts.slice(1);
    if (idle) weights.setHint("pale: unused", `${usual}; pale: computed, not used under ${idle}`, `${who} weights`);
    else weights.setHint(usual, usual, `${who} weights`);
    utilities.setHint(alone ? "each user's" : means, undefined, `${who} utilities`);
  }

  close() {
    super.close();
    clearTimeout(this.asking);
    clearInterval(this.pulse);
  }
}
