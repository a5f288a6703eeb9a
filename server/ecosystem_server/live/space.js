// The strategy space of one arm: users as marks (size: deployed weight, shade: utility), creators with their paths.

import { fitCanvas } from "../page/charts.js";
import { creatorColour } from "../page/palette.js";

export class Space {
  constructor(canvas, shared) {
    this.canvas = canvas;
    this.shared = shared; // view, hover and follow are common to both arms
    this.layer = document.createElement("canvas"); // users are drawn here, less often than creators
    this.layerStale = true;
    this.held = null; // what a hand holds, and where
    this.ghosts = []; // of creators who have just left: where they stood, their colour, and since when
  }

  setScene(about, arrays) {
    this.about = about;
    this.users = arrays.users;
    this.groups = arrays.groups;
    this.items = arrays.items || new Float32Array(0); // what creators choose among, where that is a catalogue
    this.points = { user: this.users, item: this.items, start: arrays.start };
    this.length = about.trail;
    this.path = new Float32Array(this.length * about.columns * 2);
    this.seen = 0;
    this.layerStale = true;
    this.ghosts = [];
    this.why = null; // what explains the mark that is looked into
    this.columns = []; // of the living; a path has a column for each slot, and creators are told apart by their numbers
    this.numbers = this.births = this.homes = this.weight = this.K = this.beta = this.utility = this.pay = null;
  }

  columnOf(number) { return this.columns.find((i) => this.numbers[i] === number); }

  has(mark) {
    if (!this.about || !mark) return false;
    return mark.kind === "creator" ? this.columnOf(mark.index) !== undefined : mark.index < this.points[mark.kind].length / 2;
  }

  setFrame(arrays, step) {
    const row = this.about.columns * 2;
    this.step = step;
    if (this.held?.dropped) this.held = null;
    if (arrays.numbers) this.setLiving(arrays);
    for (let at = 0; at < arrays.path.length; at += row) {
      this.path.set(arrays.path.subarray(at, at + row), (this.seen % this.length) * row);
      this.seen += 1;
    }
    for (const name of ["utility", "pay", "weight", "K", "beta"]) if (arrays[name]) this[name] = arrays[name];
    if (arrays.users) this.users = this.points.user = arrays.users; // of a replay: they may have been dragged
    if (arrays.utility || arrays.weight) this.layerStale = true;
  }

  setLiving({ numbers, births, homes }) {
    for (const i of this.columns) {
      if (numbers[i] !== this.numbers[i]) this.ghosts.push({ at: this.position(i), colour: this.colour(i), since: performance.now() });
    }
    Object.assign(this, { numbers, births, homes, columns: [...numbers.keys()].filter((i) => numbers[i] >= 0) });
  }

  colour(i) { return creatorColour(this.numbers[i]); }

  position(i) {
    if (this.held?.kind === "creator" && this.held.index === this.numbers[i]) return this.held.at;
    const at = ((this.seen - 1) % this.length) * this.about.columns * 2 + 2 * i;
    return [this.path[at], this.path[at + 1]];
  }

  // What the first view shows: all of a few users; of many, without the outermost hundredth on each side.
  bounds() {
    const side = (d) => {
      const all = Object.values(this.points).flatMap((points) => [...points].filter((_, k) => k % 2 === d));
      const values = all.sort((a, b) => a - b);
      const cut = this.about.users > 200 ? Math.floor(values.length * 0.01) : 0;
      return [values[cut], values[values.length - 1 - cut]];
    };
    return [...side(0), ...side(1)];
  }

  resize() {
    this.w = this.canvas.clientWidth;
    this.h = this.canvas.clientHeight;
    if (!fitCanvas(this.canvas)) return;
    this.layer.width = this.canvas.width;
    this.layer.height = this.canvas.height;
    this.layerStale = true;
  }

  toScreen(x, y) {
    const v = this.shared.view;
    return [this.w / 2 + (x - v.x) * v.scale, this.h / 2 - (y - v.y) * v.scale];
  }

  toPlane(px, py) {
    const v = this.shared.view;
    return [v.x + (px - this.w / 2) / v.scale, v.y - (py - this.h / 2) / v.scale];
  }

  // Where the creator in a column, its birthplace, a user or an item is drawn.
  onScreen(kind, k) {
    if (kind === "creator") return this.toScreen(...this.position(k));
    if (kind === "user" && this.held?.kind === kind && this.held.index === k) return this.toScreen(...this.held.at);
    const points = kind === "home" ? this.homes : this.points[kind];
    return this.toScreen(points[2 * k], points[2 * k + 1]);
  }

  away(j) { return Number.isNaN(this.utility[j]); }

  get follows() { return this.shared.follow?.kind === "creator" && this.has(this.shared.follow); }

  // The creator, or else the user or item, nearest to a point of the screen, within reach of the pointer: `wide` times
  // as far as usual.
  pick(px, py, wide = 1) {
    if (!this.about || !this.seen) return null;
    let best = null, least = Infinity;
    const look = (kind, reach) => {
      const creators = kind === "creator";
      for (const k of creators ? this.columns : Array(this.points[kind].length / 2).keys()) {
        const [x, y] = this.onScreen(kind, k), d = (x - px) ** 2 + (y - py) ** 2;
        if (d < (wide * reach) ** 2 && d < least) { least = d; best = { kind, index: creators ? this.numbers[k] : k }; }
      }
    };
    look("creator", 10);
    if (best) return best;
    look("user", this.about.users > 200 ? 6 : 14);
    look("item", 6);
    return best;
  }}
