// The phase diagram's board: a table with a world a cell, which fills with gains and leads to the worlds.

import { Board, mounted } from "../page/board.js";
import { element, write } from "../page/elements.js";
import { shadeOf } from "../page/palette.js";

const percent = (gain) => `${gain < -0.5 ? "−" : gain < 0.5 ? "" : "+"}${Math.abs(gain).toFixed(0)} %`;

class PhaseBoard extends Board {
  constructor(model, root) {
    super(model, root);
    root.className = "scene phase";
    const card = element(root, "section.card");
    element(card, "h2", "What contribution pay with turnover adds to users' welfare");
    element(card, "p", "In percent of the welfare on default terms without intervention: one seed, one short run each. Lighter is more. Choose a cell, and its world opens, without intervention in A and with the policy in B.");
    this.table = element(element(card, "div.fill"), "table");
    element(element(card, "p", "In full, with more policies, the planner and intervals over seeds: "), "code", "ecosystem phase");
  }

  // Space runs and stops; arrows are the browser's.
  key(event) { if (event.key === " ") super.key(event); }

  receive(message, buffers) {
    if (message.kind !== "diagram") return super.receive(message, buffers);
    this.cells ??= this.build(message);
    this.gains = message.gains;
    this.cells.forEach((cell, k) => {
      const gain = this.gains[k];
      cell.setAttribute("aria-label", (cell.title = `${cell.dataset.where}: ${gain === null ? "not run yet" : percent(gain)}. Open this world`));
      cell.classList.toggle("next", k === this.gains.indexOf(null));
      write(cell, gain === null ? "·" : percent(gain));
    });
    this.invalidate();
  }

  build({ rows, columns }) {
    const top = element(this.table, "tr"), scales = element(this.table, "tr");
    element(top, "th", "Creators per cluster", { rowspan: 2 });
    element(top, "th", "Distance at which relevance is 0 (clusters are 1.41 apart)", { colspan: columns.length });
    for (const scale of columns) element(scales, "th", scale, { scope: "col" });
    return rows.flatMap((ratio, row) => {
      const line = element(this.table, "tr");
      element(line, "th", ratio, { scope: "row" });
      return columns.map((scale, column) => {
        const cell = element(element(line, "td"), "button", "", { "data-where": `${ratio} creators per cluster, scale ${scale}` });
        cell.addEventListener("click", () => this.model.send({ kind: "enter", cell: row * columns.length + column }));
        return cell;
      });
    });
  }

  // From no gain to 150 % and more, on a scale on which small gains differ, too; words can be read on every shade.
  paint() {
    this.cells?.forEach(({ style }, k) => {
      const gain = this.gains[k], shade = gain === null ? -1 : shadeOf(Math.log1p(Math.max(gain, 0) / 5), 0, Math.log1p(30));
      style.background = this.colours.shades[shade] ?? "";
      style.color = shade < 0 ? "" : shade < 6 - this.colours.dark ? "#fff" : "#000";
    });
  }
}

export default mounted(PhaseBoard);
