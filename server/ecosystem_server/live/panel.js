// One arm's panel: its strategy space, and the words around it.

import { counted, element, number, write } from "../page/elements.js";
import { tint, whyOf } from "./landscape.js";
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
    this.scale = element(hold, "div.legend.why");
    this.earns = element(this.scale, "span");
    this.tints = Array.from({ length: 6 }, () => element(this.scale, "i.tint"));
    this.limits = element(this.scale, "span");
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
    this.describeLandscape(space, about);
    write(this.tip, describe(space, hover || follow));
    this.tip.hidden = !this.tip.textContent;
  }

  // The range of a landscape, from pale to deep, and what of the space it is.
  describeLandscape(space, { dim }) {
    const why = whyOf(space);
    this.scale.hidden = !why?.values?.length;
    if (this.scale.hidden) return;
    const part = why.places ? "the items it may make" : dim > 2 ? "in this plane; other dimensions as they are" : "here";
    write(this.earns, `creator ${why.mark.index} would earn ${exact(why.low)} `);
    this.tints.forEach((one, k) => { one.style.background = tint(why, k / 5); });
    write(this.limits, ` ${exact(why.high)} ${part}`);
  }
}

const exact = (x) => (Number.isFinite(x) ? Number(x.toPrecision(3)) : "–");

// Who is there, and what of it is seen.
function counts({ users, dim, explained, items, enlarged }, { alive, present, step, moved, movers }) {
  const flat = dim <= 2, there = present < users ? `${present} of ${users}` : users;
  const seen = flat ? "" : ` in ${dim} dimensions; this plane shows ${Math.round(100 * explained)} % of the users' variance`;
  const larger = enlarged === 1 ? "" : `, drawn ${Number(enlarged.toPrecision(2))} times as large: their direction counts`;
  return `${counted(alive, "creator")}${flat ? " (circles)" : ""}, ${there} users${flat ? " (diamonds)" : seen}` +
    (items ? `; ${items} items (dots)${larger}` : "") + (step ? `; moved: ${moved} now, ${movers} so far` : "");
}
