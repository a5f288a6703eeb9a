// The strategy space of one arm: users as marks (size: deployed weight, shade: utility), creators with their paths.

class Space {
  constructor(canvas, shared) {
    this.canvas = canvas;
    this.shared = shared; // view, hover and follow are common to both arms
    this.layer = document.createElement("canvas"); // users are drawn here, less often than creators
    this.layerStale = true;
  }

  setScene(about, arrays) {
    const n = about.creators;
    this.about = about;
    this.users = arrays.users;
    this.groups = arrays.groups;
    this.items = arrays.items || new Float32Array(0); // what creators choose among, where that is a catalogue
    this.start = arrays.start;
    this.length = about.trail;
    this.path = new Float32Array(this.length * n * 2);
    this.count = 0;
    this.layerStale = true;
    this.weight = this.K = this.beta = this.utility = this.pay = null;
  }

  setFrame(arrays) {
    const row = this.about.creators * 2;
    const fresh = arrays.path.length / row;
    for (let k = 0; k < fresh; k++) {
      this.path.set(arrays.path.subarray(k * row, (k + 1) * row), (this.count % this.length) * row);
      this.count += 1;
    }
    for (const name of ["utility", "pay", "weight", "K", "beta"]) if (arrays[name]) this[name] = arrays[name];
    if (arrays.utility || arrays.weight) this.layerStale = true;
  }

  position(i, back = 0) {
    const at = ((this.count - 1 - back) % this.length) * this.about.creators * 2 + 2 * i;
    return [this.path[at], this.path[at + 1]];
  }

  // What the first view shows: all of a few users; of many, without the outermost hundredth on each side.
  bounds() {
    const side = (d) => {
      const values = [];
      for (const points of [this.users, this.items, this.start]) for (let k = d; k < points.length; k += 2) values.push(points[k]);
      values.sort((a, b) => a - b);
      const cut = this.about.users > 200 ? Math.floor(values.length * 0.01) : 0;
      return [values[cut], values[values.length - 1 - cut]];
    };
    return [...side(0), ...side(1)];
  }

  resize(ratio) {
    const { clientWidth: w, clientHeight: h } = this.canvas;
    if (this.canvas.width !== Math.round(w * ratio) || this.canvas.height !== Math.round(h * ratio)) {
      for (const c of [this.canvas, this.layer]) { c.width = Math.round(w * ratio); c.height = Math.round(h * ratio); }
      this.layerStale = true;
    }
    this.ratio = ratio; this.w = w; this.h = h;
  }

  toScreen(x, y) {
    const v = this.shared.view;
    return [this.w / 2 + (x - v.x) * v.scale, this.h / 2 - (y - v.y) * v.scale];
  }

  draw(colours) {
    const g = this.canvas.getContext("2d");
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (!this.about || !this.count || !this.canvas.width || !this.canvas.height) return;
    if (this.layerStale) this.drawUsers(colours);
    this.layerStale = false;
    g.drawImage(this.layer, 0, 0);
    g.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.drawPaths(g, colours);
    this.drawCreators(g, colours);
    this.drawMarked(g, colours);
  }

  userRadius(j) {
    const base = Math.min(11, Math.max(1.5, 30 / Math.sqrt(this.about.users)));
    return base * Math.sqrt(Math.min(Math.max(this.weight ? this.weight[j] : 1, 0.08), 8));
  }

  drawUsers(colours) {
    const g = this.layer.getContext("2d");
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.clearRect(0, 0, this.layer.width, this.layer.height);
    g.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.drawItems(g, colours);
    const m = this.about.users, [low, high] = this.shared.range;
    const bins = Array.from({ length: SHADES }, () => []);
    for (let j = 0; j < m; j++) bins[this.utility ? shadeOf(this.utility[j], low, high) : 0].push(j);
    const many = m > 200;
    g.globalAlpha = many ? 0.55 : 1;
    bins.forEach((members, shade) => {
      if (!members.length) return;
      g.fillStyle = colours.shades[shade];
      g.beginPath();
      for (const j of members) {
        const [x, y] = this.toScreen(this.users[2 * j], this.users[2 * j + 1]), r = this.userRadius(j);
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
    for (let k = 0; k < this.items.length; k += 2) {
      const [x, y] = this.toScreen(this.items[k], this.items[k + 1]);
      g.moveTo(x + 1.4, y); g.arc(x, y, 1.4, 0, 6.2832);
    }
    g.fillStyle = colours.faint; g.globalAlpha = 0.35; g.fill(); g.globalAlpha = 1;
  }

  drawPaths(g, colours) {
    const n = this.about.creators, steps = Math.min(this.count, this.length), many = n > 40;
    const follow = this.shared.follow;
    g.lineJoin = "round";
    for (let colour = 0; colour < CREATOR_COLOURS.length && colour < n; colour++) {
      g.beginPath();
      for (let i = colour; i < n; i += CREATOR_COLOURS.length) this.tracePath(g, i, steps);
      g.strokeStyle = CREATOR_COLOURS[colour];
      g.globalAlpha = follow?.kind === "creator" ? 0.1 : many ? 0.3 : 0.55;
      g.lineWidth = many ? 0.8 : 1.6;
      g.stroke();
    }
    g.globalAlpha = 1;
    if (!many) for (let i = 0; i < n; i++) this.drawArrow(g, i, CREATOR_COLOURS[i % CREATOR_COLOURS.length], follow?.kind === "creator" ? 0.25 : 1);
    else {
      // From start to now, faintly: where two hundred of them have gone.
      g.beginPath();
      for (let i = 0; i < n; i++) {
        g.moveTo(...this.toScreen(this.start[2 * i], this.start[2 * i + 1]));
        g.lineTo(...this.toScreen(...this.position(i)));
      }
      g.strokeStyle = colours.text; g.globalAlpha = 0.05; g.lineWidth = 1; g.stroke(); g.globalAlpha = 1;
    }
  }

  tracePath(g, i, steps) {
    // A point that is less than a pixel from the last one drawn is left out: invisible, and dear.
    const v = this.shared.view, n2 = this.about.creators * 2;
    let px = 0, py = 0;
    for (let back = steps - 1; back >= 0; back--) {
      const at = ((this.count - 1 - back) % this.length) * n2 + 2 * i;
      const x = this.w / 2 + (this.path[at] - v.x) * v.scale, y = this.h / 2 - (this.path[at + 1] - v.y) * v.scale;
      if (back === steps - 1) g.moveTo(x, y);
      else if (Math.abs(x - px) + Math.abs(y - py) > 1) g.lineTo(x, y);
      else continue;
      px = x; py = y;
    }
  }

  drawArrow(g, i, colour, alpha) {
    const [x0, y0] = this.toScreen(this.start[2 * i], this.start[2 * i + 1]);
    const [x1, y1] = this.toScreen(...this.position(i));
    const d = Math.hypot(x1 - x0, y1 - y0);
    g.globalAlpha = alpha;
    g.strokeStyle = g.fillStyle = colour;
    g.lineWidth = 2;
    g.beginPath(); g.arc(x0, y0, 3, 0, 7); g.stroke();
    if (d > 14) {
      const ux = (x1 - x0) / d, uy = (y1 - y0) / d, tx = x1 - 6 * ux, ty = y1 - 6 * uy;
      g.setLineDash([5, 4]);
      g.beginPath(); g.moveTo(x0, y0); g.lineTo(tx - 7 * ux, ty - 7 * uy); g.stroke();
      g.setLineDash([]);
      g.beginPath(); g.moveTo(tx, ty); g.lineTo(tx - 9 * ux + 4.5 * uy, ty - 9 * uy - 4.5 * ux);
      g.lineTo(tx - 9 * ux - 4.5 * uy, ty - 9 * uy + 4.5 * ux); g.fill();
    }
    g.globalAlpha = 1;
  }

  drawCreators(g, colours) {
    const n = this.about.creators, r = n > 40 ? 2.6 : 6;
    const dimmed = this.shared.follow?.kind === "creator";
    for (let colour = 0; colour < CREATOR_COLOURS.length && colour < n; colour++) {
      g.beginPath();
      for (let i = colour; i < n; i += CREATOR_COLOURS.length) {
        const [x, y] = this.toScreen(...this.position(i));
        g.moveTo(x + r, y); g.arc(x, y, r, 0, 6.2832);
      }
      g.fillStyle = CREATOR_COLOURS[colour];
      g.globalAlpha = dimmed ? 0.35 : 1;
      g.fill();
      g.strokeStyle = colours.panel; g.lineWidth = n > 40 ? 0.6 : 1.5; g.stroke();
    }
    g.globalAlpha = 1;
  }

  // What the pointer is on, and what is followed, in both arms.
  drawMarked(g, colours) {
    for (const mark of [this.shared.follow, this.shared.hover]) {
      if (!mark) continue;
      if (mark.kind === "creator" && mark.index < this.about.creators) {
        const i = mark.index, colour = CREATOR_COLOURS[i % CREATOR_COLOURS.length];
        g.beginPath(); this.tracePath(g, i, Math.min(this.count, this.length));
        g.strokeStyle = colour; g.lineWidth = 2; g.stroke();
        this.drawArrow(g, i, colour, 1);
        const [x, y] = this.toScreen(...this.position(i));
        g.beginPath(); g.arc(x, y, 7, 0, 7); g.fillStyle = colour; g.fill();
        g.strokeStyle = colours.text; g.lineWidth = 2; g.stroke();
      } else if (mark.kind === "user" && mark.index < this.about.users) {
        this.drawRing(g, colours, this.users, mark.index, this.userRadius(mark.index) + 5);
      } else if (mark.kind === "item" && 2 * mark.index < this.items.length) this.drawRing(g, colours, this.items, mark.index, 6);
    }
  }

  drawRing(g, colours, points, k, radius) {
    const [x, y] = this.toScreen(points[2 * k], points[2 * k + 1]);
    g.beginPath(); g.arc(x, y, radius, 0, 7);
    g.strokeStyle = colours.text; g.lineWidth = 2; g.stroke();
  }

  // The creator, or else the user or item, nearest to a point of the screen, within reach of the pointer.
  pick(px, py) {
    if (!this.about || !this.count) return null;
    let best = null, least = Infinity;
    const look = (kind, count, at, reach) => {
      for (let k = 0; k < count; k++) {
        const [x, y] = this.toScreen(...at(k)), d = (x - px) ** 2 + (y - py) ** 2;
        if (d < reach * reach && d < least) { least = d; best = { kind, index: k }; }
      }
    };
    look("creator", this.about.creators, (i) => this.position(i), 10);
    if (best) return best;
    look("user", this.about.users, (j) => [this.users[2 * j], this.users[2 * j + 1]], this.about.users > 200 ? 6 : 14);
    look("item", this.items.length / 2, (k) => [this.items[2 * k], this.items[2 * k + 1]], 6);
    return best;
  }

  nameOf(item) { return this.about.titles ? this.about.titles[item] : `item ${item}`; }

  // Creators stand on the very item they make; which one that is need not be sent.
  itemAt(i) {
    const [x, y] = this.position(i);
    let best = null, least = Infinity;
    for (let k = 0; k < this.items.length; k += 2) {
      const d = (this.items[k] - x) ** 2 + (this.items[k + 1] - y) ** 2;
      if (d < least) { least = d; best = k / 2; }
    }
    return best;
  }

  makersOf(item) {
    return Array.from({ length: this.about.creators }, (_, i) => i).filter((i) => this.itemAt(i) === item);
  }

  describe(mark) {
    if (!mark || !this.about || !this.pay || !this.weight) return "";
    if (mark.kind === "creator" && mark.index < this.about.creators) {
      const [x, y] = this.position(mark.index), pay = `utility ${number(this.pay[mark.index], 4)}`;
      if (!this.items.length) return `creator ${mark.index}: ${pay}, at (${number(x, 2)}, ${number(y, 2)})`;
      const item = this.itemAt(mark.index), others = this.makersOf(item).length - 1;
      return `creator ${mark.index} makes ${this.nameOf(item)}${others ? ` (as ${others} other${others > 1 ? "s do" : " does"})` : ""}: ${pay}`;
    }
    if (mark.kind === "item" && 2 * mark.index < this.items.length) {
      const makers = this.makersOf(mark.index);
      return `${this.nameOf(mark.index)}: ${makers.length ? `made by creator ${makers.join(", ")}` : "made by nobody"}`;
    }
    if (mark.kind === "user" && mark.index < this.about.users) {
      const j = mark.index;
      return `user ${j} (group ${this.groups[j]}): utility ${number(this.utility[j])}, weight ${number(this.weight[j], 2)}, ` +
        `K ${this.K[j]}, β ${number(this.beta[j])}`;
    }
    return "";
  }
}
