// What a pointer holds of a world: a creator, or one of a few users. It lies where the pointer is until the play has it.

import { element, write } from "../page/elements.js";

const FEW = 200; // users up to whom one can be dragged
const MANY = 40; // creators from whom on a finger drags only the one that is followed, and can scroll the page

export class Hands {
  constructor(board, parent) {
    this.board = board;
    this.panel = board.panels[0]; // the last one that a pointer was on
    this.out = element(parent, "button", "", { title: "Take the followed creator out, for good (Delete)" });
    this.out.addEventListener("click", () => this.remove());
    this.label = element(parent, "label.tickable", "", { title: "Whatever a hand drags, adds or removes, it does in A and B" });
    this.both = element(this.label, "input", "", { type: "checkbox" });
    element(this.label, "span", "hands in both arms");
    this.both.addEventListener("change", () => board.invalidate());
  }

  get arm() { return this.both.checked && this.board.arms.length > 1 ? "all" : this.panel.letter.toLowerCase(); }

  // The mark at a point of a panel that can be dragged from there, if there is one.
  grip({ space }, x, y, finger) {
    if (!this.board.reachable) return null;
    const many = space.columns.length > MANY, hit = space.pick(x, y, finger ? 2.2 : many ? 0.6 : 1), { follow } = this.board.shared;
    if (hit?.kind === "user") return space.about.users <= FEW ? hit : null;
    if (hit?.kind !== "creator") return null;
    return finger && many && !(follow?.kind === "creator" && follow.index === hit.index) ? null : hit;
  }

  carry({ space }, mark, x, y) {
    const at = space.toPlane(x, y);
    for (const one of this.arm === "all" ? this.board.panels : [{ space }]) {
      one.space.held = { ...mark, at };
      if (mark.kind === "user") one.space.layerStale = true;
    }
    this.board.invalidate();
  }

  drop({ space }, { kind, index }, x, y) {
    for (const panel of this.board.panels) if (panel.space.held) panel.space.held.dropped = true;
    this.send(kind === "user" ? "user" : "drag", [index, ...placeOf(space, x, y)]);
  }

  add({ space }, x, y) { if (this.board.reachable) this.send("add", placeOf(space, x, y)); }

  // What was carried lies where it was again.
  release() {
    for (const { space } of this.board.panels) space.held = null;
    this.board.invalidate(true);
  }

  remove() {
    const mark = [this.board.shared.follow, this.board.shared.hover].find((one) => one?.kind === "creator");
    if (mark && this.board.reachable) this.send("remove", [mark.index]);
  }

  send(name, parts) { this.board.model.send({ kind: "hand", arm: this.arm, name, value: parts.join("/") }); }

  show() {
    const { follow } = this.board.shared, reachable = this.board.reachable;
    this.label.hidden = !reachable || this.board.arms.length < 2;
    this.out.hidden = !reachable || follow?.kind !== "creator" || !this.board.panels.some(({ space }) => space.has(follow));
    write(this.out, `Remove creator ${follow?.index} ${this.arm === "all" ? "in both" : `in ${this.panel.letter}`}`);
  }
}

// A point of the screen in the plane, to four digits of what is in view: as the link will have it.
function placeOf(space, x, y) {
  const digits = Math.min(Math.max(3 - Math.floor(Math.log10(space.w / space.shared.view.scale)), 0), 9);
  return space.toPlane(x, y).map((value) => Number(value.toFixed(digits)));
}
