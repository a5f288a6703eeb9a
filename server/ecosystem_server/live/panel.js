// One arm's panel: its strategy space, and the words around it.

import { counted, element, number, write } from "../page/elements.js";
import { Space } from "./space.js";
import { describe } from "./words.js";

export class Panel {
  constructor(parent, letter, shared) {
    this.letter = letter;
    this.box = element(parent, `section.world.arm-${letter.toLowerCase()}`);
    const head = element(this.box, "header");
    element(head, "b.letter", letter);
    this.title = element(head, "span.mechanism");
    this.figures = element(head, "span.figures");
    const hold = element(this.box, "div.hold");
    this.canvas = element(hold, "canvas.space", "", { tabindex: 0, role: "img" });
    this.note = element(hold, "div.note");
    const legend = element(hold, "div.legend", "user utility ");
    this.low = element(legend, "span");
    this.bar = element(legend, "i.bar");
    this.high = element(legend, "span");
    element(legend, "span", " · size: deployed weight");
    this.tip = element(hold, "div.tip");
    this.space = new Space(this.canvas, shared);
  }

  describe({ about, now, space }, { range, hover, follow }, { shades }) {
    const text = `step ${now.step} · welfare ${number(now.welfare)} · default terms ${number(now.welfare_default)}`;
    write(this.title, now.title);
    write(this.note, counts(about, now));
    if (write(this.figures, text)) this.canvas.setAttribute("aria-label", `Strategy space of arm ${this.letter}: ${now.title}, ${text}`);
    [this.low, this.high].forEach((end, k) => write(end, number(range[k], 2)));
    if (this.shades !== shades) { this.shades = shades; this.bar.style.background = `linear-gradient(to right, ${shades.join(",")})`; }
    write(this.tip, describe(space, hover || follow));
    this.tip.hidden = !this.tip.textContent;
  }
}

// Who is there, and what of it is seen.
function counts({ users, dim, explained, items, enlarged }, { alive, present, step, moved, movers }) {
  const flat = dim <= 2, there = present < users ? `${present} of ${users}` : users;
  const seen = flat ? "" : ` in ${dim} dimensions; this plane shows ${Math.round(100 * explained)} % of the users' variance`;
  const larger = enlarged === 1 ? "" : `, drawn ${Number(enlarged.toPrecision(2))} times as large: their direction counts`;
  return `${counted(alive, "creator")}${flat ? " (circles)" : ""}, ${there} users${flat ? " (diamonds)" : seen}` +
    (items ? `; ${items} items (dots)${larger}` : "") + (step ? `; moved: ${moved} now, ${movers} so far` : "");
}
