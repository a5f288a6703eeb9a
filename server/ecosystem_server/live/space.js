// The strategy space of one arm: users as marks (size: deployed weight, shade: utility), creators with their paths.

function addDisc(g, x, y, radius) {
  g.moveTo(x + radius, y); g.arc(x, y, radius, 0, 2 * Math.PI);
}

const FADING = 1200; // ms

class Space {
  constructor(canvas, shared) {
    this.canvas = canvas;
    this.shared = shared; // view, hover and follow are common to both arms
    this.layer = document.createElement("canvas"); // users are drawn here, less often than creators
    this.layerStale = true;
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
    if (arrays.numbers) this.setLiving(arrays);
    for (let at = 0; at < arrays.path.length; at += row) {
      this.path.set(arrays.path.subarray(at, at + row), (this.seen % this.length) * row);
      this.seen += 1;
    }
    for (const name of ["utility", "pay", "weight", "K", "beta"]) if (arrays[name]) this[name] = arrays[name];
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

  // Where the creator in a column, its birthplace, a user or an item is drawn.
  onScreen(kind, k) {
    if (kind === "creator") return this.toScreen(...this.position(k));
    const points = kind === "home" ? this.homes : this.points[kind];
    return this.toScreen(points[2 * k], points[2 * k + 1]);
  }

  draw(colours) {
    const g = emptied(this.canvas);
    if (!this.about || !this.seen || !this.canvas.width || !this.canvas.height) return;
    if (this.layerStale) this.drawUsers(colours);
    this.layerStale = false;
    g.drawImage(this.layer, 0, 0, this.layer.width / devicePixelRatio, this.layer.height / devicePixelRatio);
    this.drawPaths(g, colours);
    this.drawGhosts(g);
    this.drawCreators(g, colours);
    this.drawMarked(g, colours);
  }

  away(j) { return Number.isNaN(this.utility[j]); }

  userRadius(j) {
    const base = Math.min(11, Math.max(1.5, 30 / Math.sqrt(this.about.users)));
    return base * Math.sqrt(Math.min(Math.max(this.weight ? this.weight[j] : 1, 0.08), 8));
  }

  drawUsers(colours) {
    const g = emptied(this.layer);
    this.drawItems(g, colours);
    const m = this.about.users, [low, high] = this.shared.range;
    const bins = Array.from({ length: SHADES + 1 }, () => []); // the last for those who are away: no utility is theirs
    for (let j = 0; j < m; j++) bins[this.utility ? this.away(j) ? SHADES : shadeOf(this.utility[j], low, high) : 0].push(j);
    const many = m > 200;
    bins.forEach((members, shade) => {
      if (!members.length) return;
      g.globalAlpha = shade === SHADES ? 0.2 : many ? 0.55 : 1;
      g.fillStyle = colours.shades[shade] ?? colours.faint;
      g.beginPath();
      for (const j of members) {
        const [x, y] = this.onScreen("user", j), r = this.userRadius(j);
        if (x < -20 || y < -20 || x > this.w + 20 || y > this.h + 20) continue;
        if (many) g.rect(x - r, y - r, 2 * r, 2 * r);
        else { g.moveTo(x, y - r); g.lineTo(x + r, y); g.lineTo(x, y + r); g.lineTo(x - r, y); g.closePath(); }
      }
      g.fill();
      if (!many) { g.strokeStyle = colours.text; g.lineWidth = 1; g.stroke(); }
    });
    g.globalAlpha = 1;
  }

  drawItems(g, colours) {
    g.beginPath();
    for (let k = 0; k < this.items.length / 2; k++) addDisc(g, ...this.onScreen("item", k), 1.4);
    g.fillStyle = colours.faint; g.globalAlpha = 0.35; g.fill(); g.globalAlpha = 1;
  }

  drawPaths(g, colours) {
    const many = this.columns.length > 40, dimmed = this.follows;
    g.lineJoin = "round";
    g.globalAlpha = dimmed ? 0.1 : many ? 0.3 : 0.55;
    g.lineWidth = many ? 0.8 : 1.6;
    this.byColour(g, (i) => this.tracePath(g, i), (colour) => { g.strokeStyle = colour; g.stroke(); });
    g.globalAlpha = 1;
    if (!many) for (const i of this.columns) this.drawArrow(g, i, dimmed ? 0.25 : 1);
    else {
      // From birth to now, faintly: where two hundred of them have gone.
      g.beginPath();
      for (const i of this.columns) {
        g.moveTo(...this.onScreen("home", i));
        g.lineTo(...this.onScreen("creator", i));
      }
      g.strokeStyle = colours.text; g.globalAlpha = 0.05; g.lineWidth = 1; g.stroke(); g.globalAlpha = 1;
    }
  }

  // One path, and one stroke or fill, for all creators of a colour.
  byColour(g, add, paint) {
    CREATOR_COLOURS.forEach((colour) => {
      g.beginPath();
      for (const i of this.columns) if (this.colour(i) === colour) add(i);
      paint(colour);
    });
  }

  tracePath(g, i) {
    // A point that is less than a pixel from the last one drawn is left out: invisible, and dear.
    // Before its birth the column was another's.
    const v = this.shared.view, n2 = this.about.columns * 2;
    const steps = Math.min(this.seen, this.length, this.step - this.births[i] + 1);
    let px = 0, py = 0;
    for (let back = steps - 1; back >= 0; back--) {
      const at = ((this.seen - 1 - back) % this.length) * n2 + 2 * i;
      const x = this.w / 2 + (this.path[at] - v.x) * v.scale, y = this.h / 2 - (this.path[at + 1] - v.y) * v.scale;
      if (back === steps - 1) g.moveTo(x, y);
      else if (Math.abs(x - px) + Math.abs(y - py) > 1) g.lineTo(x, y);
      else continue;
      px = x; py = y;
    }
  }

  drawArrow(g, i, alpha) {
    const [x0, y0] = this.onScreen("home", i), [x1, y1] = this.onScreen("creator", i);
    const d = Math.hypot(x1 - x0, y1 - y0), colour = this.colour(i);
    g.globalAlpha = alpha;
    g.strokeStyle = g.fillStyle = colour;
    g.lineWidth = 2;
    circle(g, x0, y0, 3); g.stroke();
    if (d > 14) {
      const ux = (x1 - x0) / d, uy = (y1 - y0) / d, tx = x1 - 6 * ux, ty = y1 - 6 * uy;
      drawLine(g, [[x0, y0], [tx - 7 * ux, ty - 7 * uy]], colour, 2, [5, 4]);
      g.beginPath(); g.moveTo(tx, ty); g.lineTo(tx - 9 * ux + 4.5 * uy, ty - 9 * uy - 4.5 * ux);
      g.lineTo(tx - 9 * ux - 4.5 * uy, ty - 9 * uy + 4.5 * ux); g.fill();
    }
    g.globalAlpha = 1;
  }

  // Who has left fades, as a ring that widens.
  drawGhosts(g) {
    const now = performance.now();
    this.ghosts = this.ghosts.filter(({ since }) => now - since < FADING).slice(-200);
    for (const { at, colour, since } of this.ghosts) {
      const age = (now - since) / FADING;
      circle(g, ...this.toScreen(...at), (this.columns.length > 40 ? 3 : 7) * (1 + age));
      g.globalAlpha = 1 - age; g.strokeStyle = colour; g.lineWidth = 2; g.stroke();
    }
    g.globalAlpha = 1;
  }

  get follows() { return this.shared.follow?.kind === "creator" && this.has(this.shared.follow); }

  drawCreators(g, colours) {
    const many = this.columns.length > 40;
    g.globalAlpha = this.follows ? 0.35 : 1;
    g.strokeStyle = colours.panel; g.lineWidth = many ? 0.6 : 1.5;
    this.byColour(g, (i) => addDisc(g, ...this.onScreen("creator", i), many ? 2.6 : 6), (colour) => {
      g.fillStyle = colour; g.fill(); g.stroke();
    });
    g.globalAlpha = 1;
  }

  // What the pointer is on, and what is followed, in both arms.
  drawMarked(g, colours) {
    for (const mark of [this.shared.follow, this.shared.hover]) {
      if (!this.has(mark)) continue;
      const { kind } = mark, index = kind === "creator" ? this.columnOf(mark.index) : mark.index, [x, y] = this.onScreen(kind, index);
      if (kind === "creator") {
        const colour = this.colour(index);
        g.beginPath(); this.tracePath(g, index);
        g.strokeStyle = colour; g.lineWidth = 2; g.stroke();
        this.drawArrow(g, index, 1);
        circle(g, x, y, 7); g.fillStyle = colour; g.fill();
      } else circle(g, x, y, kind === "user" ? this.userRadius(index) + 5 : 6);
      g.strokeStyle = colours.text; g.lineWidth = 2; g.stroke();
    }
  }

  // The creator, or else the user or item, nearest to a point of the screen, within reach of the pointer.
  pick(px, py) {
    if (!this.about || !this.seen) return null;
    let best = null, least = Infinity;
    const look = (kind, reach) => {
      const creators = kind === "creator";
      for (const k of creators ? this.columns : Array(this.points[kind].length / 2).keys()) {
        const [x, y] = this.onScreen(kind, k), d = (x - px) ** 2 + (y - py) ** 2;
        if (d < reach * reach && d < least) { least = d; best = { kind, index: creators ? this.numbers[k] : k }; }
      }
    };
    look("creator", 10);
    if (best) return best;
    look("user", this.about.users > 200 ? 6 : 14);
    look("item", 6);
    return best;
  }

  nameOf(item) { return this.about.titles ? this.about.titles[item] : `item ${item}`; }

  // Creators stand on the very item they make; which one that is need not be sent.
  itemAt(i) {
    const [x, y] = this.position(i);
    let best = null, least = Infinity;
    for (let k = 0; k < this.items.length / 2; k++) {
      const d = (this.items[2 * k] - x) ** 2 + (this.items[2 * k + 1] - y) ** 2;
      if (d < least) { least = d; best = k; }
    }
    return best;
  }

  makersOf(item) {
    return this.columns.filter((i) => this.itemAt(i) === item).map((i) => this.numbers[i]);
  }

  describe(mark) {
    if (!mark || !this.pay || !this.weight) return "";
    const k = mark.index;
    if (!this.has(mark)) return mark.kind === "creator" ? `creator ${k} is not there` : "";
    if (mark.kind === "user") {
      return `user ${k} (group ${this.groups[k]}): ${this.away(k) ? "away" : `utility ${number(this.utility[k])}`}, weight ${number(this.weight[k], 2)}, ` +
        `K ${this.K[k]}, β ${number(this.beta[k])}`;
    }
    if (mark.kind === "item") {
      const makers = this.makersOf(k);
      return `${this.nameOf(k)}: ${makers.length ? `made by creator ${makers.join(", ")}` : "made by nobody"}`;
    }
    const i = this.columnOf(k), [x, y] = this.position(i), pay = `utility ${number(this.pay[i], 4)}`;
    if (!this.items.length) return `creator ${k}: ${pay}, at (${number(x, 2)}, ${number(y, 2)})`;
    const item = this.itemAt(i), others = this.makersOf(item).length - 1;
    return `creator ${k} makes ${this.nameOf(item)}${others ? ` (as ${others} other${others > 1 ? "s do" : " does"})` : ""}: ${pay}`;
  }
}
