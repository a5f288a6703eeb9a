// What stands behind the board of a replay, where a server's play would: it takes the board's messages and answers them.

import { mapped } from "./recording.js";

const CHART_GAP = 250; // ms
export const SPEEDS = [1, 2, 5, 10, 20, 30, 40, 60, 100, 200, 500]; // steps a second

export class Player {
  // `changed` is called whenever it moves or stops, or its speed is another.
  constructor(recording, changed) {
    Object.assign(this, { recording, changed, step: 0, speed: 40, playing: false, frames: 0, chartsAt: 0 });
  }

  on(kind, receive) { this.receive = receive; }

  send({ kind, key, step }) {
    if (kind === "ready") this.show();
    else if (kind === "seek") this.stopAt(step);
    else if (kind === "key") this.act(key);
  }

  act(key) {
    const { step, speed } = this, { epoch_length: epoch, steps } = this.recording;
    const to = { step: step + 1, back: step - 1, epoch: step + epoch - (step % epoch), reset: 0 }[key];
    if (to !== undefined) this.stopAt(to);
    else if (key === "slower") this.play(SPEEDS.findLast((one) => one < speed));
    else if (key === "faster") this.play(SPEEDS.find((one) => one > speed));
    else if (key === "toggle" && this.playing) this.stopAt(step);
    else if (key === "toggle") { this.playing = true; this.go(step < steps ? step : 0); this.play(); this.tick(); }
  }

  play(speed = this.speed) {
    Object.assign(this, { speed, from: this.step, since: performance.now() });
    this.changed();
  }

  stopAt(step) { this.playing = false; this.go(step); }

  tick() {
    if (!this.playing) return;
    const step = this.from + Math.floor(((performance.now() - this.since) * this.speed) / 1000);
    if (step >= this.recording.steps) this.stopAt(step);
    else if (step > this.step) this.go(step);
    requestAnimationFrame(() => this.tick());
  }

  // On from here, or back: then all that is seen is told anew.
  go(step) {
    const before = this.step;
    this.step = Math.min(Math.max(Math.round(step), 0), this.recording.steps);
    if (this.step < before) this.show();
    else this.showFrame();
    this.changed();
  }

  show() {
    const { environment, arms } = this.recording;
    arms.forEach((arm) => arm.forget());
    this.tell({ kind: "scene", environment }, arms.map((arm) => [arm.scene, arm.arrays]));
    this.showFrame();
  }

  showFrame() {
    const { arms, events, steps } = this.recording, now = performance.now(), withCharts = !this.playing || now - this.chartsAt > CHART_GAP;
    const message = { kind: "frame", frame: ++this.frames, step_seconds: 0, last: steps };
    if (withCharts) {
      this.chartsAt = now;
      message.events = events.findLast(([since]) => since <= this.step)[1];
      if (!message.events.length) message.events = ["nothing was changed so far"];
    }
    this.tell(message, arms.map((arm) => arm.frame(this.step, withCharts)));
  }

  tell(message, parts) {
    const buffers = [], place = (array) => buffers.push(array) - 1;
    this.receive({ ...message, arms: parts.map(([about, arrays]) => ({ ...about, arrays: mapped(arrays, place) })) }, buffers);
  }
}
