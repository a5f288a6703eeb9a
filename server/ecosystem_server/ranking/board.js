// The ranking game's board: threshold slider with its zones, heat map, what happened, and charts over steps.

import { Board, mounted } from "../page/board.js";
import { axes, circle, drawLine } from "../page/charts.js";
import { counted, element, write } from "../page/elements.js";
import { CREATOR_COLOURS } from "../page/palette.js";

const publisherColour = (i) => CREATOR_COLOURS[i] ?? ["#999999", "#d4a6c8"][i % 2];

function overSteps(g, box, colours, game, { lines, low, high, guide }) {
  const end = game.rows.length - 1, [X, Y] = axes(g, box, colours, [0, Math.max(end, 6)], [low, high], { label: "step" });
  for (const [step, q] of game.marks) {
    drawLine(g, [[X(step), box.top - 4], [X(step), box.bottom]], colours.faint, 1, [2, 3]);
    g.fillStyle = colours.faint; g.textAlign = X(step) > box.right - 70 ? "right" : "left"; g.textBaseline = "top";
    g.fillText(` q = ${q.length > 9 ? q.slice(0, 8) + "…" : q} `, X(step), box.top - 5);
  }
  if (guide !== undefined) drawLine(g, [[box.left, Y(guide)], [box.right, Y(guide)]], colours.text, 1, [5, 4]);
  lines.forEach(({ column, colour }, i) => {
    // Equal lines are drawn a little apart, so that none hides another.
    const shift = lines.length > 1 ? (i - (lines.length - 1) / 2) * Math.min(1.3, 6 / lines.length) : 0;
    const points = game.rows.map((row, step) => [X(step), Y(row[column]) + shift]);
    drawLine(g, points, colour, 1.8);
    g.fillStyle = colour;
    circle(g, ...points[end], 2.6); g.fill();
  });
}

function utilityChart(g, box, colours, [game]) {
  const high = game.rows.reduce((most, row) => Math.max(most, ...row.slice(2)), 1);
  const lines = Array.from({ length: game.n_publishers }, (_, i) => ({ column: 2 + i, colour: publisherColour(i) }));
  overSteps(g, box, colours, game, { lines, low: 0, high: high * 1.12 });
}

function rankingWelfareChart(g, box, colours, [game]) {
  const low = Math.min(-0.01, ...game.rows.map((row) => row[0]), game.best[1]);
  overSteps(g, box, colours, game, { lines: [{ column: 0, colour: colours.arms[0] }], low: low * 1.1, high: -low * 0.06, guide: game.best[1] });
}

const RANKING_CHARTS = [
  ["Publishers' utilities", "queries won; a tie among h counts 1/h", utilityChart],
  ["Welfare", "−max |p − v|; dashed: the best there is", rankingWelfareChart],
];

class RankingBoard extends Board {
  constructor(model, root) {
    super(model, root);
    root.className = "scene ranking";
    const lever = element(root, "section.card.lever");
    this.title = element(lever, "div.named", "Threshold q");
    this.under = element(this.title, "small");
    this.rail = element(lever, "div.rail");
    this.slider = element(this.rail, "input", "", { type: "range", min: 0, step: 1, value: 0, "aria-label": "Threshold slider" });
    const board = element(root, "section.card.board"), head = element(board, "header");
    this.step = element(head, "b");
    this.badge = element(head, "span.badge");
    this.figures = element(head, "span.figures");
    this.hold = element(board, "div.fill");
    const outcome = element(root, "section.card.outcome");
    this.last = element(outcome, "p.last");
    const verdict = element(outcome, "p", "", { role: "status", "aria-live": "polite" });
    this.verdict = element(verdict, "span");
    this.unserved = element(verdict, "span.unserved");
    this.addCharts(RANKING_CHARTS);
    const chosen = () => this.stops[this.slider.value][0];
    this.slider.addEventListener("input", () => this.nameThreshold(chosen()));
    this.slider.addEventListener("change", () => this.model.send({ kind: "enrich", value: chosen() }));
  }

  receive(message, buffers) {
    if (message.kind === "table") this.setGame(message);
    else if (message.kind === "now") this.setNow(message);
    else super.receive(message, buffers);
  }

  setGame(game) {
    const other = !this.game || this.game.n_publishers !== game.n_publishers || this.game.n_queries !== game.n_queries;
    this.game = game;
    this.stops = game.stops;
    this.slider.max = game.stops.length - 1;
    this.drawZones(game);
    if (game.threshold !== null) this.slider.value = game.stops.findIndex(([text]) => text === game.threshold);
    this.nameThreshold(game.threshold);
    if (other) this.build(game);
    game.thresholds.forEach(({ text, height }, j) => {
      write(this.q[j], text);
      for (const row of this.rows) {
        row.cells[j].q.style.bottom = `${100 * height}%`;
        row.cells[j].q.hidden = height === 0;
      }
    });
  }

  nameThreshold(q) {
    const { documents, region } = this.game;
    const shown = q === this.game.threshold, name = q === null ? "q per query" : `q = ${q}`;
    this.title.firstChild.textContent = `Threshold ${name}`;
    this.slider.classList.toggle("off", q === null);
    write(this.under, shown ? `${counted(documents, "static document")} · ${region} peak` : "release to set it");
    this.slider.setAttribute("aria-valuetext", name);
  }

  // Zones and marks lie where the slider's thumb stands for that threshold (16 px wide, never beyond the ends).
  drawZones({ stops, bound, reach, peak }) {
    this.rail.querySelectorAll(".zone, .mark").forEach((node) => node.remove());
    const last = stops.length - 1, top = stops[last][1];
    const place = (at) => {
      const index = stops.findIndex(([, value]) => value >= at - 1e-12);
      return index < 0 ? 1 : index / last;
    };
    const left = (share) => `calc(8px + (100% - 16px) * ${share})`;
    const zone = (kind, from, to, text, title) => {
      if (to <= from) return;
      const node = element(this.rail, `div.zone.${kind}`, text, { title });
      node.style.left = left(from);
      node.style.width = `calc((100% - 16px) * ${to - from})`;
    };
    const stable = place(bound.at), unserved = reach.at < top ? place(reach.at) : 1;
    const sign = bound.strict ? ">" : "≥", exists = `An equilibrium exists iff q ${sign} ${bound.text}`;
    zone("restless", 0, stable, "no equilibrium", exists);
    zone("stable", stable, unserved, "equilibrium", exists);
    zone("unserved", unserved, 1, "equilibrium; above 1/m queries go unserved", `Above 1/m = ${reach.text} publishers, of whom some must win m queries each, cannot reach the threshold on all`);
    const marks = new Map([[0, "0"]]);
    const mark = (at, name, text) => {
      if (at > 0 && at <= top) marks.set(at, marks.has(at) ? marks.get(at).replace(/[^ ]+$/, `${name} ${text}`) : `${name} ${text}`);
    };
    mark(bound.at, `q ${sign}`, bound.text);
    mark(reach.at, "1/m =", reach.text);
    mark(top, "p =", peak);
    // Neighbours write away from each other; at the right end there is room for one text only.
    const CLOSE = 0.12;
    let places = [...marks].sort(([a], [b]) => a - b).map(([at, text]) => ({ share: place(at), text }));
    const crowd = places.filter(({ share }) => share > 1 - CLOSE);
    places = places.filter(({ share }) => share <= 1 - CLOSE);
    places.push({ share: 1, text: crowd.map(({ text }) => text).join(", ") });
    places.forEach(({ share, text }, i) => {
      const node = element(this.rail, "span.mark", text);
      node.style.left = left(share);
      const after = places[i + 1]?.share - share < CLOSE, before = share - places[i - 1]?.share < CLOSE;
      if (share === 0 || (before && !after)) node.classList.add("first");
      else if (share === 1 || after) node.classList.add("last");
    });
  }

  build({ n_publishers: n, n_queries: k }) {
    this.hold.replaceChildren();
    const table = element(this.hold, n > 6 ? "table.tight" : "table");
    element(table, "caption", "Focus of every publisher on every query");
    const columns = element(table, "colgroup");
    element(columns, "col.who");
    for (let j = 0; j < k; j++) element(columns, "col");
    element(columns, "col.pay");
    table.style.minWidth = `${204 + 37 * k}px`; // below, fractions would not fit: it scrolls
    const head = element(element(table, "thead"), "tr.line"), queries = Array.from({ length: k }, (_, j) => j + 1);
    for (const title of ["query", ...queries, "utility"]) element(head, "th", title, { scope: "col" });
    const body = element(table, "tbody");
    const line = (name) => {
      const row = element(body, "tr.line");
      element(row, "th", name, { scope: "row" });
      const cells = queries.map(() => element(row, "td"));
      element(row, "td");
      return cells;
    };
    this.q = line("threshold q");
    this.rows = Array.from({ length: n }, (_, i) => {
      const row = element(body, "tr.publisher"), th = element(row, "th", "", { scope: "row" });
      element(th, "i.swatch").style.background = publisherColour(i);
      element(th, "span", `Publisher ${i + 1}`);
      const flag = element(th, "span.flag", "↑");
      element(flag, "span.more", " can improve");
      const cells = queries.map(() => {
        const td = element(row, "td.cell"), bar = element(td, "div.bar"), q = element(td, "div.q");
        return { td, bar, q, text: element(td, "span"), share: element(td, "sup") };
      });
      const pay = element(row, "td.pay");
      return { row, th, flag, cells, change: element(pay, "em"), utility: element(pay, "span") };
    });
    this.values = line("winning focus");
  }

  setNow(now) {
    if (!this.game || now.cells.length !== this.game.n_publishers || now.cells[0].length !== this.game.n_queries) return;
    this.now = now;
    this.game.rows[now.step] = now.row;
    now.cells.forEach((cells, i) => {
      const row = this.rows[i];
      cells.forEach(({ text, height, share }, j) => {
        const cell = row.cells[j];
        cell.bar.style.height = `${100 * height}%`;
        cell.td.style.background = `color-mix(in srgb, var(--heat) ${Math.round(45 * height)}%, var(--ground))`;
        write(cell.text, text);
        const [mark, win, wins] = share === null ? ["", "", ""]
          : share === "1" ? ["★", " win", ", wins alone"] : [share, " win tie", `, wins ${share} of it`];
        write(cell.share, mark);
        cell.td.className = `cell${height ? "" : " nothing"}${win}`;
        cell.td.title = `Publisher ${i + 1}, query ${j + 1}: focus ${text}${wins}`;
      });
      row.row.classList.toggle("mover", now.mover === i);
      const can = now.can_improve.includes(i);
      row.flag.style.visibility = can ? "visible" : "hidden"; // and keeps its place
      row.th.title = [now.mover === i && "moved last", can && "can improve"].filter(Boolean).join(", ");
      write(row.utility, now.utilities[i]);
      write(row.change, now.change[i]);
      row.change.className = now.change[i].startsWith("+") ? "up" : "down";
    });
    now.values.forEach((value, j) => {
      const served = now.served[j];
      write(this.values[j], served ? value : "none");
      this.values[j].className = served ? "" : "none";
      this.values[j].title = served ? "" : `Query ${j + 1} is served by no publisher`;
    });
    write(this.step, `Step ${now.step}`);
    write(this.badge, { equilibrium: "equilibrium", cycle: "cycle", open: "not settled" }[now.state]);
    this.badge.className = `badge ${now.state}`;
    write(this.figures, `worst query v = ${now.worst} · welfare ${now.welfare} · ${now.can_improve.length} can improve`);
    write(this.last, now.last_move);
    write(this.verdict, now.verdict);
    this.verdict.className = now.state;
    write(this.unserved, now.unserved && ` ${now.unserved}`);
    this.invalidate();
  }

  paint() { if (this.now) this.drawCharts([this.game]); }
}

export default mounted(RankingBoard);
