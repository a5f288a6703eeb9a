// Going back: a slider over all steps so far.

import { element, write } from "../page/elements.js";

const PATIENCE = 1500; // ms for which the slider stays where it was put, until the world is there

export class Scrubber {
  constructor(board, parent) {
    this.slider = element(parent, "input", "", { type: "range", min: 0, max: 0, step: 1, "aria-label": "Step", title: "Go to any step so far (left arrow: one back); what you change there begins another future" });
    this.said = element(parent, "output");
    this.slider.addEventListener("input", () => {
      this.wanted = Number(this.slider.value);
      this.asked = performance.now();
      board.model.send({ kind: "seek", step: this.wanted });
    });
  }

  show(step, last) {
    write(this.said, `step ${step}${last > step ? ` of ${last}` : ""}`);
    if (this.wanted !== undefined && this.wanted !== step && performance.now() - this.asked < PATIENCE) return;
    this.wanted = undefined;
    this.slider.max = last;
    this.slider.value = step;
  }
}
