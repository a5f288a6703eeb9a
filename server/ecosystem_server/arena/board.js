// The arena's board: the table that fills, policies in a plane, and what a policy is.

const policyColour = (i, colours) => (i === 0 ? colours.text : CREATOR_COLOURS[(i - 1) % 8]);
const isSquare = (i) => i > 8;
const signed = (x) => (x === null || x === undefined ? "–" : `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(3)}`);
const figure = (x) => (x === null || x === undefined ? "–" : Math.abs(x) >= 1000 ? x.toFixed(0) : Math.abs(x) >= 100 ? x.toFixed(1) : x.toFixed(3)).replace("-", "−");

function scatter(g, box, colours, [board]) {
  const { against, rows } = board.table;
  const points = rows.map((row, i) => ({
    name: row.policy, i, x: row.means.welfare_default, y: row.means[against],
    dx: spread(row, "welfare_default"), dy: spread(row, against),
  })).filter((p) => p.x !== null && p.y !== null);
  box = { ...box, left: 46, right: box.right - 4, bottom: box.bottom - 2 };
  if (!points.length) {
    g.fillStyle = colours.faint; g.textAlign = "center"; g.textBaseline = "middle"; g.font = "12.5px system-ui, sans-serif";
    g.fillText("Run, and every policy becomes a point here", (box.left + box.right) / 2, (box.top + box.bottom) / 2);
    return;
  }
  const range = (key, d) => {
    const all = points.flatMap((p) => [p[key], p[key] + p[d][0], p[key] + p[d][1]]);
    const low = Math.min(...all), high = Math.max(...all), margin = Math.max((high - low) * 0.1, Math.abs(high) * 2e-3, 1e-6);
    return [low - margin, high + margin];
  };
  const [X, Y] = precise(g, box, colours, range("x", "dx"), range("y", "dy"));
  const placed = [], spots = [];
  for (const p of points) {
    const x = X(p.x), y = Y(p.y), colour = policyColour(p.i, colours);
    g.strokeStyle = colour; g.globalAlpha = colours.dark ? 0.75 : 0.5; g.lineWidth = 1.2;
    g.beginPath(); g.moveTo(X(p.x + p.dx[0]), y); g.lineTo(X(p.x + p.dx[1]), y); g.moveTo(x, Y(p.y + p.dy[0])); g.lineTo(x, Y(p.y + p.dy[1])); g.stroke();
    g.globalAlpha = 1;
    const same = spots.find((s) => Math.hypot(s.x - x, s.y - y) < 5);
    if (same) same.names.push(p.name); else spots.push({ x, y, colour, i: p.i, names: [p.name] });
  }
  for (const { x, y, colour, i } of spots) {
    g.fillStyle = i ? colour : colours.panel; g.strokeStyle = i ? colours.panel : colour; g.lineWidth = i ? 1 : 2;
    g.beginPath();
    if (isSquare(i)) g.rect(x - 4.5, y - 4.5, 9, 9); else g.arc(x, y, 5, 0, 7);
    g.fill(); g.stroke();
    placed.push([x - 6, y - 6, x + 6, y + 6]);
  }
  // Points on one spot share a label; it goes where nothing is yet, beside its point if it can.
  g.font = "11.5px system-ui, sans-serif"; g.textBaseline = "middle"; g.textAlign = "left";
  const hits = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  for (const { x, y, names } of spots) {
    const text = names.length > 3 ? `${names.slice(0, 2).join(", ")} + ${names.length - 2}` : names.join(", ");
    const w = g.measureText(text).width, tries = [];
    for (const dy of [0, -13, 13, -26, 26, -39, 39]) tries.push([x + 9, y + dy], [x - 9 - w, y + dy], [x - w / 2, y + dy]);
    const fits = ([left, mid]) => {
      const room = [left - 2, mid - 6, left + w + 2, mid + 6];
      return left > box.left && left + w < box.right + 4 && mid > box.top && mid < box.bottom - 4 && !placed.some((other) => hits(room, other));
    };
    const [left, mid] = tries.find(fits) ?? [Math.min(x + 9, box.right - w), y];
    placed.push([left - 2, mid - 6, left + w + 2, mid + 6]);
    g.strokeStyle = colours.panel; g.lineWidth = 4; g.lineJoin = "round"; g.strokeText(text, left, mid); // lines end where a name is
    g.fillStyle = colours.text; g.fillText(text, left, mid);
  }
}

function spread(row, key) {
  const { mean, low, high } = row.less_none[key] ?? {};
  return Number.isFinite(low) && Number.isFinite(high) ? [low - mean, high - mean] : [0, 0];
}

function precise(g, box, colours, [x0, x1], [y0, y1]) {
  const X = (x) => box.left + ((x - x0) / (x1 - x0)) * (box.right - box.left);
  const Y = (y) => box.bottom - ((y - y0) / (y1 - y0)) * (box.bottom - box.top);
  g.strokeStyle = colours.line; g.fillStyle = colours.faint; g.lineWidth = 1;
  const across = ticks(x0, x1, 6), up = ticks(y0, y1, 5);
  g.textAlign = "right"; g.textBaseline = "middle";
  for (const t of up.out) { g.beginPath(); g.moveTo(box.left, Y(t)); g.lineTo(box.right, Y(t)); g.stroke(); g.fillText(t.toFixed(up.digits), box.left - 4, Y(t)); }
  g.textAlign = "center"; g.textBaseline = "top";
  for (const t of across.out) { g.beginPath(); g.moveTo(X(t), box.top); g.lineTo(X(t), box.bottom); g.stroke(); g.fillText(t.toFixed(across.digits), X(t), box.bottom + 4); }
  return [X, Y];
}

class ArenaBoard extends Board {
  constructor(model, root) {
    super(model, root);
    const { signal } = this.controller;
    root.className = "scene arena";
    const results = element(root, "section", "card results"), head = element(results, "header", "");
    this.title = element(head, "b", "");
    element(head, "span", "", "below: 95 % interval of the difference to none")
      .title = "Differences are paired by seed; bootstrap intervals need two seeds or more, and are darker where they exclude 0";
    const file = element(head, "button", "", "CSV");
    file.title = "Download this table";
    file.setAttribute("aria-label", "Download the table as CSV");
    file.addEventListener("click", () => this.model.send({ kind: "download" }), { signal });
    this.fill = element(results, "div", "fill");
    this.fill.tabIndex = 0;
    this.fill.setAttribute("role", "region");
    this.fill.setAttribute("aria-label", "Results");
    this.below = element(root, "div", "below");
    this.addCharts([["Policies", "to the right: welfare on default terms; lines: 95 % intervals", scatter]], this.below);
    const choose = element(this.below.querySelector(".chart"), "label", "choose", "upwards:");
    this.select = element(choose, "select", "");
    this.select.setAttribute("aria-label", "Upwards in the chart");
    this.select.addEventListener("change", () => this.model.send({ kind: "against", value: this.select.value }), { signal });
    this.about = element(this.below, "section", "card about");
    this.about.setAttribute("aria-label", "About");
    document.addEventListener("ce-policy", ({ detail }) => this.describe(detail), { signal });
  }

  // Space runs and stops; arrows scroll the table, as elsewhere.
  key(event) { if (event.key === " ") super.key(event); }

  receive(message, buffers) {
    if (message.kind === "table") this.setTable(message);
    else if (message.kind === "address") this.showAddress(message);
    else if (message.kind === "file") this.save(message, buffers[0]);
  }

  setTable(table) {
    this.table = table;
    this.title.textContent = this.title.title = table.title;
    if (!this.select.length) for (const [value, text] of table.quantities) element(this.select, "option", "", text).value = value;
    this.select.value = table.against;
    const scrolled = this.fill.scrollTop;
    this.fill.replaceChildren();
    const body = element(this.fill, "table", "");
    element(body, "caption", "", "Final figures of each policy, means over seeds, and differences to no intervention");
    const line = element(element(body, "thead", ""), "tr", "");
    element(line, "th", "", "Policy").scope = "col";
    for (const { title, help } of table.columns) Object.assign(element(line, "th", "", title), { scope: "col", title: help });
    const rows = element(body, "tbody", "");
    table.rows.forEach((row, i) => this.addRow(rows, row, i));
    this.fill.scrollTop = scrolled;
    this.describe(null);
    this.invalidate();
  }

  addRow(parent, row, i) {
    const line = element(parent, "tr", ""), name = element(line, "th", "");
    line.dataset.policy = row.policy;
    name.scope = "row";
    const mark = element(name, "i", `mark${isSquare(i) ? " square" : ""}${i ? "" : " hollow"}`);
    if (i) mark.style.background = policyColour(i, this.colours);
    name.append(row.policy);
    const done = row.seeds < this.table.seeds ? `${row.seeds} of ${this.table.seeds} seeds` : `${row.seeds} seed${row.seeds === 1 ? "" : "s"}`;
    element(name, "small", "", row.seeds ? done : "not run yet");
    for (const { key } of this.table.columns) {
      const cell = element(line, "td", "", figure(row.means[key])), less = row.less_none[key];
      cell.dataset.key = key;
      if (!less) { element(cell, "small", "", "\u00a0"); continue; }
      const { mean, low, high } = less, known = low !== null && high !== null;
      const text = known ? `[${signed(low)}, ${signed(high)}]` : signed(mean);
      element(cell, "small", known && (low > 0 || high < 0) ? "sure" : "", text).title = `${signed(mean)} against no intervention`;
    }
    line.addEventListener("mouseenter", () => this.describe({ name: row.policy, ...row.about }));
    line.addEventListener("mouseleave", () => this.describe(null));
  }

  describe(policy) {
    this.about.replaceChildren();
    if (policy) {
      element(this.about, "h2", "", policy.name);
      const list = element(this.about, "dl", "");
      for (const [key, text] of [["mechanism", "What is shown"], ["reward", "How creators are paid"], ["needs", "What the platform must know"], ["reference", "Source"]]) {
        element(list, "dt", "", text);
        element(list, "dd", "", policy[key] || "–");
      }
      return;
    }
    element(this.about, "h2", "", "How to read it");
    element(this.about, "p", "", "Every policy runs in the same worlds, from the same seeds. Better content shows on default terms; deployed welfare also counts sharper matching today.");
    element(this.about, "p", "", "Point at a policy, here or on the left, to read what it shows and pays.");
    const more = element(this.about, "p", "", this.table?.shares
      ? "With controls of the same sharpness, exploitability and a report: "
      : "The share of the attainable improvement takes a planner, too slow for a page here. With it, controls of the same sharpness and a report: ");
    if (!this.table) return;
    // Lines end after a space or comma only: a browser would also part an option from its hyphens.
    const command = element(more, "span", "command");
    for (const part of this.table.command.split(/(?<=[ ,])/)) { element(command, "span", "", part); element(command, "wbr", ""); }
  }

  paint() {
    if (!this.table) return;
    this.table.rows.forEach((row, i) => {
      const mark = this.fill.querySelectorAll("i.mark")[i];
      if (i) mark.style.background = policyColour(i, this.colours);
    });
    for (const chart of this.charts) chart.draw(this.colours, window.devicePixelRatio || 1, [this]);
  }
}

export default mounted(ArenaBoard);
