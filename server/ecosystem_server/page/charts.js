// Drawing on canvases: as sharp as the screen, lines, axes, and what is written beside them.

// Pixels of the screen for one of the page, which a projector's may be larger than.
export const density = () => devicePixelRatio * (document.querySelector(".scene")?.currentCSSZoom ?? 1);

// Gives a canvas the pixels of its place; returns whether it had others.
export function fitCanvas(canvas) {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((size) => Math.round(size * density()));
  if (canvas.width === width && canvas.height === height) return false;
  Object.assign(canvas, { width, height });
  return true;
}

// Returns what draws on an empty canvas, in pixels of the page.
export function emptied(canvas) {
  const g = canvas.getContext("2d");
  g.setTransform(1, 0, 0, 1, 0, 0);
  g.clearRect(0, 0, canvas.width, canvas.height);
  g.setTransform(density(), 0, 0, density(), 0, 0);
  return g;
}

export function drawLine(g, points, colour, width, dash = []) {
  g.strokeStyle = colour; g.lineWidth = width; g.setLineDash(dash);
  g.beginPath();
  for (const [x, y] of points) g.lineTo(x, y);
  g.stroke();
  g.setLineDash([]);
}

export function circle(g, x, y, radius) {
  g.beginPath(); g.arc(x, y, radius, 0, 2 * Math.PI);
}

function ticks(low, high, wanted) {
  const raw = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(raw));
  const size = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= raw) || raw;
  const at = [];
  for (let t = Math.ceil(low / size - 1e-9) * size; t <= high + 1e-9; t += size) at.push(t);
  const digits = Math.max(0, -Math.floor(Math.log10(size) + 1e-9));
  return { at, texts: at.map((t) => t.toFixed(digits)) };
}

function logarithmicTicks(low, high) {
  const at = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50].filter((t) => t >= low * 0.999 && t <= high * 1.001);
  return { at, texts: at.map(String) };
}

// `across` and `up` are how many ticks are wanted; without any across, the two ends of the axis may be named.
export function axes(g, box, colours, [x0, x1], [y0, y1], { across = 4, up = 3, grid = false, label = "", ends, logarithmic = false } = {}) {
  const scale = logarithmic ? Math.log : (y) => y;
  const rows = logarithmic ? logarithmicTicks(y0, y1) : ticks(y0, y1, up);
  box.left = Math.max(box.left, ...rows.texts.map((text) => g.measureText(text).width + 6)); // long numbers get their room
  const X = (x) => box.left + ((x - x0) / (x1 - x0 || 1)) * (box.right - box.left);
  const Y = (y) => box.bottom - ((scale(y) - scale(y0)) / (scale(y1) - scale(y0) || 1)) * (box.bottom - box.top);
  g.fillStyle = colours.faint; g.textAlign = "right"; g.textBaseline = "middle";
  rows.at.forEach((t, k) => {
    drawLine(g, [[box.left, Y(t)], [box.right, Y(t)]], colours.line, 1);
    g.fillText(rows.texts[k], box.left - 4, Y(t));
  });
  g.textBaseline = "top";
  g.fillText(label, box.right, box.bottom + 4);
  if (ends) nameEnds(g, box, ends);
  if (!across) return [X, Y];
  const columns = ticks(x0, x1, across), room = label ? box.right - g.measureText(label).width - 8 : Infinity;
  g.textAlign = "center";
  columns.at.forEach((t, k) => {
    if (grid) drawLine(g, [[X(t), box.top], [X(t), box.bottom]], colours.line, 1);
    const text = t >= 10000 ? `${t / 1000}k` : columns.texts[k];
    if (X(t) + g.measureText(text).width / 2 < room) g.fillText(text, X(t), box.bottom + 4);
  });
  return [X, Y];
}

// What the two ends of an axis are; where there is little room by one word each, or the left end alone.
function nameEnds(g, box, ends) {
  const short = ends.map((text) => text.split(" ")[0]);
  const fits = (texts) => g.measureText(texts.join("")).width < box.right - box.left - 10;
  const [first, last] = [ends, short].find(fits) ?? [short[0], ""];
  g.textAlign = "left"; g.fillText(first, box.left, box.bottom + 4);
  g.textAlign = "right"; g.fillText(last, box.right, box.bottom + 4);
}

// Words on a ground of their own, readable across any line; `x` is their left end, moved so that they stay in the box.
export function plaque(g, box, colours, text, x, y, colour) {
  const width = g.measureText(text).width, left = Math.max(box.left + 2, Math.min(x, box.right - width - 2));
  g.fillStyle = colours.panel; g.fillRect(left - 2, y, width + 4, 13);
  g.fillStyle = colour; g.textAlign = "left"; g.textBaseline = "top"; g.fillText(text, left, y + 1);
}
