// Why: what a creator would earn elsewhere, who pays it and where it tried to go; what is shown to a user.

import { drawLine } from "../page/charts.js";
import { creatorColour } from "../page/palette.js";

const REST = 250; // ms that the pointer rests before the board asks

// What is looked into: what the pointer is on, else what is followed.
const lookedAt = ({ hover, follow }) => [hover, follow].find((mark) => mark && mark.kind !== "item") ?? null;
const isSame = (one, other) => one?.kind === other?.kind && one?.index === other?.index;

// Asks for it, and again where another part of the plane is seen.
export function askWhy(board) {
  const { w, h } = board.panels[0].space, { x, y, scale } = board.shared.view, mark = lookedAt(board.shared);
  const box = [x - w / 2 / scale, x + w / 2 / scale, y - h / 2 / scale, y + h / 2 / scale];
  const question = mark && w ? { kind: "look", mark, box } : { kind: "look", mark: null }, asked = JSON.stringify(question);
  if (asked === board.asked) return;
  board.asked = asked;
  clearTimeout(board.asking);
  board.asking = setTimeout(() => board.model.send(question), mark ? REST : 0);
}

// What came is shown as long as somebody looks at it.
export function whyOf(space) {
  const { why, shared } = space;
  return why && [shared.hover, shared.follow].some((mark) => isSame(mark, why.mark)) ? why : null;
}

export function setWhy(space, mark, about) {
  const why = space.why = { ...about, mark };
  if (!why.values) return;
  // What it earns where it stands may be more than at any place of the grid.
  const known = [...why.values, space.pay?.[space.columnOf(mark.index)]].filter(Number.isFinite);
  why.low = Math.min(...known); why.high = Math.max(...known);
  why.rgb = creatorColour(mark.index).match(/\w\w/g).map((part) => parseInt(part, 16));
  if (why.side) why.image = imageOf(why);
}

const share = ({ low, high }, value) => (value - low) / (high - low || 1);
export const tint = (why, part) => `rgba(${why.rgb.join(",")},${opacity(part)})`;
const opacity = (part) => Math.round(100 * (0.04 + 0.56 * part)) / 100;

// Deeper in the creator's colour where it would earn more; nothing where it cannot go.
function imageOf(why) {
  const canvas = document.createElement("canvas"), { side, values } = why;
  canvas.width = canvas.height = side;
  const g = canvas.getContext("2d"), image = g.createImageData(side, side);
  values.forEach((value, k) => {
    if (Number.isFinite(value)) image.data.set([...why.rgb, 255 * opacity(share(why, value))], 4 * ((side - 1 - Math.floor(k / side)) * side + (k % side)));
  });
  g.putImageData(image, 0, 0);
  return canvas;
}

export function drawLandscape(space, g) {
  const why = whyOf(space);
  if (!why?.values) return;
  if (why.image) {
    const [x0, x1, y0, y1] = why.box, [left, top] = space.toScreen(x0, y1), [right, bottom] = space.toScreen(x1, y0);
    g.drawImage(why.image, left, top, right - left, bottom - top);
    return;
  }
  why.values.forEach((value, k) => {
    const [x, y] = space.toScreen(why.places[2 * k], why.places[2 * k + 1]);
    g.fillStyle = tint(why, share(why, value));
    g.fillRect(x - 3, y - 3, 6, 6);
  });
}

// Lines to who pays a creator, or to whom a user is matched with: the wider the more. And where a creator tried to go.
export function drawReasons(space, g, colours) {
  const why = whyOf(space);
  if (!why || !space.has(why.mark)) return;
  const creator = why.mark.kind === "creator";
  const from = space.onScreen(why.mark.kind, creator ? space.columnOf(why.mark.index) : why.mark.index);
  const ends = creator ? why.payers : why.shown, part = (k) => (creator ? why.dues[k] / why.earned : why.chances[k]);
  g.globalAlpha = 0.5;
  ends?.forEach((end, k) => {
    const at = creator ? end : space.columnOf(end);
    if (at === undefined) return;
    const colour = creatorColour(creator ? why.mark.index : end);
    drawLine(g, [from, space.onScreen(creator ? "user" : "creator", at)], colour, Math.max(0.5, 8 * part(k)));
  });
  g.globalAlpha = 1;
  if (!why.trial) return;
  const [x0, y0, x1, y1] = why.trial, [a, b] = [space.toScreen(x0, y0), space.toScreen(x1, y1)];
  const d = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1, ux = (b[0] - a[0]) / d, uy = (b[1] - a[1]) / d;
  drawLine(g, [a, b], colours.text, 1.5, why.accepted ? [] : [3, 3]);
  const [x, y] = b, arms = why.accepted ? [[-7 * ux + 4 * uy, -7 * uy - 4 * ux], [-7 * ux - 4 * uy, -7 * uy + 4 * ux]] : [[5, 5], [-5, -5], [5, -5], [-5, 5]];
  for (const [dx, dy] of arms) drawLine(g, [b, [x + dx, y + dy]], colours.text, 1.5);
}
