// The arena's board: the table that fills, policies in a plane, and what a policy is.

import { Board, mounted } from "../page/board.js";
import { axes, circle, drawLine } from "../page/charts.js";
import { counted, element, number } from "../page/elements.js";
import { CREATOR_COLOURS, creatorColour } from "../page/palette.js";

const ABOUT = { mechanism: "What is shown", reward: "How creators are paid", needs: "What the platform must know", reference: "Source" };
const QUANTITY_CHART = ["Policies", "to the right: welfare on default terms; lines: 95 % intervals", scatter];

const policyColour = (i, colours) => (i === 0 ? colours.text : creatorColour(i - 1));
const isSquare = (i) => i > CREATOR_COLOURS.length;
const signed = (x) => (Number.isFinite(x) ? (x < 0 ? "−" : "+") + number(Math.abs(x)) : "–");
const figure = (x) => number(x, Math.abs(x) >= 1000 ? 0 : Math.abs(x) >= 100 ? 1 : 3).replace("-", "−");

// How far the interval of a policy's difference to none reaches below and above its mean.
function spread(row, key) {
  const { mean, low, high } = row.less_none[key] ?? {};
  return Number.isFinite(low) && Number.isFinite(high) ? [low - mean, high - mean] : [0, 0];
}

function scatter(g, box, colours, [{ table }]) {
  const points = table.rows.map((row, i) => {
    const x = row.means.welfare_default, y = row.means[table.against];
    const [xs, ys] = [[x, "welfare_default"], [y, table.against]].map(([at, key]) => spread(row, key).map((d) => at + d));
    return { name: row.policy, i, x, y, xs, ys };
  }).filter((p) => p.x !== null && p.y !== null);
  box = { ...box, left: 46, right: box.right - 4, bottom: box.bottom - 2 };
  if (!points.length) {
    g.fillStyle = colours.faint; g.textAlign = "center"; g.textBaseline = "middle"; g.font = "12.5px system-ui, sans-serif";
    g.fillText("Run, and every policy becomes a point here", (box.left + box.right) / 2, (box.top + box.bottom) / 2);
    return;
  }
  const range = (all) => {
    const low = Math.min(...all), high = Math.max(...all), margin = Math.max((high - low) * 0.1, Math.abs(high) * 2e-3, 1e-6);
    return [low - margin, high + margin];
  };
  const across = range(points.flatMap((p) => [p.x, ...p.xs])), up = range(points.flatMap((p) => [p.y, ...p.ys]));
  const [X, Y] = axes(g, box, colours, across, up, { across: 6, up: 5, grid: true });
  const spots = []; // points on one spot share a mark and a label
  g.globalAlpha = colours.dark ? 0.75 : 0.5;
  for (const p of points) {
    const x = X(p.x), y = Y(p.y), colour = policyColour(p.i, colours);
    drawLine(g, p.xs.map((at) => [X(at), y]), colour, 1.2);
    drawLine(g, p.ys.map((at) => [x, Y(at)]), colour, 1.2);
    const same = spots.find((s) => Math.hypot(s.x - x, s.y - y) < 5);
    if (same) same.names.push(p.name); else spots.push({ x, y, colour, i: p.i, names: [p.name] });
  }
  g.globalAlpha = 1;
  for (const { x, y, colour, i } of spots) {
    g.fillStyle = i ? colour : colours.panel; g.strokeStyle = i ? colours.panel : colour; g.lineWidth = i ? 1 : 2;
    if (isSquare(i)) { g.beginPath(); g.rect(x - 4.5, y - 4.5, 9, 9); } else circle(g, x, y, 5);
    g.fill(); g.stroke();
  }
  labelSpots(g, box, colours, spots);
}

// A label goes where nothing is yet, beside its spot if it can.
function labelSpots(g, box, colours, spots) {
  const placed = spots.map(({ x, y }) => [x - 6, y - 6, x + 6, y + 6]);
  const overlap = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
  g.font = "11.5px system-ui, sans-serif"; g.textBaseline = "middle"; g.textAlign = "left";
  for (const { x, y, names } of spots) {
    const text = names.length > 3 ? `${names.slice(0, 2).join(", ")} + ${names.length - 2}` : names.join(", ");
    const w = g.measureText(text).width, room = (left, mid) => [left - 2, mid - 6, left + w + 2, mid + 6];
    const tries = [0, -13, 13, -26, 26, -39, 39].flatMap((dy) => [x + 9, x - 9 - w, x - w / 2].map((left) => [left, y + dy]));
    const fits = ([left, mid]) => left > box.left && left + w < box.right + 4 && mid > box.top && mid < box.bottom - 4
      && !placed.some((other) => overlap(room(left, mid), other));
    const [left, mid] = tries.find(fits) ?? [Math.min(x + 9, box.right - w), y];
    placed.push(room(left, mid));
    g.strokeStyle = colours.panel; g.lineWidth = 4; g.lineJoin = "round"; g.strokeText(text, left, mid); // lines end where a name is
    g.fillStyle = colours.text; g.fillText(text, left, mid);
  }
}

class ArenaBoard extends Board {
  constructor(model, root) {
    super(model, root);
    root.className = "scene arena";
    const results = element(root, "section.card.results"), head = element(results, "header");
    this.title = element(head, "b");
    element(head, "span", "below: 95 % interval of the difference to none", {
      title: "Differences are paired by seed; intervals need two seeds or more, and are darker where they exclude 0",
    });
    element(head, "button", "CSV", { title: "Download this table", "aria-label": "Download the table as CSV" })
      .addEventListener("click", () => this.model.send({ kind: "download" }));
    this.fill = element(results, "div.fill", "", { tabindex: 0, role: "region", "aria-label": "Results" });
    const below = element(root, "div.below");
    this.addCharts([QUANTITY_CHART], below);
    const choose = element(below.querySelector(".chart"), "label.choose", "upwards:");
    this.select = element(choose, "select", "", { "aria-label": "Upwards in the chart" });
    this.select.addEventListener("change", () => this.model.send({ kind: "against", value: this.select.value }));
    this.about = element(below, "section.card.about", "", { "aria-label": "About" });
    document.addEventListener("ce-policy", ({ detail }) => this.describe(detail), { signal: this.controller.signal });
  }

  // Space runs and stops; arrows scroll the table, as elsewhere.
  key(event) { if (event.key === " ") super.key(event); }

  receive(message, buffers) {
    if (message.kind === "table") this.setTable(message);
    else super.receive(message, buffers);
  }

  setTable(table) {
    this.table = table;
    this.title.textContent = this.title.title = table.title;
    if (!this.select.length) for (const [value, text] of table.quantities) element(this.select, "option", text, { value });
    this.select.value = table.against;
    const scrolled = this.fill.scrollTop;
    this.fill.replaceChildren();
    const body = element(this.fill, "table");
    element(body, "caption", "Final figures of each policy, means over seeds, and differences to no intervention");
    const line = element(element(body, "thead"), "tr");
    element(line, "th", "Policy", { scope: "col" });
    for (const { title, help } of table.columns) element(line, "th", title, { scope: "col", title: help });
    const rows = element(body, "tbody");
    this.marks = table.rows.map((row, i) => this.addRow(rows, row, i));
    this.fill.scrollTop = scrolled;
    this.describe(null);
    this.invalidate();
  }

  // Returns the mark that stands for the policy in table and chart.
  addRow(parent, row, i) {
    const line = element(parent, "tr", "", { "data-policy": row.policy }), name = element(line, "th", "", { scope: "row" });
    const mark = element(name, `i.swatch${isSquare(i) ? ".square" : ""}${i ? "" : ".hollow"}`);
    name.append(row.policy);
    const done = row.seeds < this.table.seeds ? `${row.seeds} of ${this.table.seeds} seeds` : counted(row.seeds, "seed");
    element(name, "small", row.seeds ? done : "not run yet");
    for (const { key } of this.table.columns) {
      const cell = element(line, "td", figure(row.means[key]), { "data-key": key }), less = row.less_none[key];
      if (!less) { element(cell, "small", "\u00a0"); continue; }
      const { mean, low, high } = less, bounded = low !== null && high !== null;
      const sure = bounded && (low > 0 || high < 0), text = bounded ? `[${signed(low)}, ${signed(high)}]` : signed(mean);
      element(cell, sure ? "small.sure" : "small", text, { title: `${signed(mean)} against no intervention` });
    }
    line.addEventListener("mouseenter", () => this.describe({ name: row.policy, ...row.about }));
    line.addEventListener("mouseleave", () => this.describe(null));
    return mark;
  }

  describe(policy) {
    this.about.replaceChildren();
    element(this.about, "h2", policy ? policy.name : "How to read it");
    if (policy) {
      const list = element(this.about, "dl");
      for (const [key, text] of Object.entries(ABOUT)) {
        element(list, "dt", text);
        element(list, "dd", policy[key] || "–");
      }
      return;
    }
    element(this.about, "p", "Every policy runs in the same worlds, from the same seeds. Better content shows on default terms; deployed welfare also counts sharper matching today.");
    element(this.about, "p", "Point at a policy, here or on the left, to read what it shows and pays.");
    const more = element(this.about, "p", this.table?.shares
      ? "With controls of the same sharpness, exploitability and a report: "
      : "The share of the attainable improvement takes a planner, too slow for a page here. With it, controls of the same sharpness and a report: ");
    if (!this.table) return;
    // Lines end after a space or comma only: a browser would also part an option from its hyphens.
    const command = element(more, "span.command");
    for (const part of this.table.command.split(/(?<=[ ,])/)) { element(command, "span", part); element(command, "wbr"); }
  }

  paint() {
    if (!this.table) return;
    this.marks.forEach((mark, i) => { if (i) mark.style.background = policyColour(i, this.colours); });
    this.drawCharts([this]);
  }
}

export default mounted(ArenaBoard);
