// Small charts on canvases: the canvas, ticks, axes.

class Chart {
  constructor(canvas, draw) { this.canvas = canvas; this.paint = draw; }

  draw(colours, ratio, arms) {
    const { clientWidth: w, clientHeight: h } = this.canvas;
    if (this.canvas.width !== Math.round(w * ratio) || this.canvas.height !== Math.round(h * ratio)) {
      this.canvas.width = Math.round(w * ratio); this.canvas.height = Math.round(h * ratio);
    }
    const g = this.canvas.getContext("2d");
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, w, h);
    g.font = "11px system-ui, sans-serif";
    if (arms.length) this.paint(g, { left: 38, right: w - 8, top: 8, bottom: h - 18 }, colours, arms);
  }
}

function ticks(low, high, wanted) {
  const raw = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(raw));
  const size = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= raw) || raw;
  const out = [];
  for (let t = Math.ceil(low / size - 1e-9) * size; t <= high + 1e-9; t += size) out.push(t);
  return { out, digits: Math.max(0, -Math.floor(Math.log10(size) + 1e-9)) };
}

function axes(g, box, colours, [x0, x1], [y0, y1], { xTicks = true, label = "", logarithmic = false } = {}) {
  const up = logarithmic ? Math.log : (y) => y;
  const vertical = logarithmic
    ? { out: [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50].filter((t) => t >= y0 * 0.999 && t <= y1 * 1.001), digits: 1 }
    : ticks(y0, y1, 3);
  const said = vertical.out.map((t) => (logarithmic ? String(t) : t.toFixed(vertical.digits)));
  box.left = Math.max(box.left, ...said.map((text) => g.measureText(text).width + 6)); // long numbers get their room
  const X = (x) => box.left + ((x - x0) / (x1 - x0 || 1)) * (box.right - box.left);
  const Y = (y) => box.bottom - ((up(y) - up(y0)) / (up(y1) - up(y0) || 1)) * (box.bottom - box.top);
  g.strokeStyle = colours.line; g.fillStyle = colours.faint; g.lineWidth = 1;
  g.textAlign = "right"; g.textBaseline = "middle";
  vertical.out.forEach((t, k) => {
    g.beginPath(); g.moveTo(box.left, Y(t)); g.lineTo(box.right, Y(t)); g.stroke();
    g.fillText(said[k], box.left - 4, Y(t));
  });
  g.textBaseline = "top";
  if (xTicks) {
    g.textAlign = "center";
    const end = box.right - (label ? g.measureText(label).width + 8 : 0);
    for (const t of ticks(x0, x1, 4).out) {
      const text = t >= 10000 ? `${t / 1000}k` : String(t);
      if (X(t) + g.measureText(text).width / 2 < end) g.fillText(text, X(t), box.bottom + 4);
    }
  }
  g.textAlign = "right"; g.fillText(label, box.right, box.bottom + 4);
  return [X, Y];
}

// Words on a ground of their own, readable across any line; `x` is their left end, moved so that they stay in the box.
function plaque(g, box, colours, text, x, y, colour) {
  const width = g.measureText(text).width, left = Math.max(box.left + 2, Math.min(x, box.right - width - 2));
  g.fillStyle = colours.panel; g.fillRect(left - 2, y, width + 4, 13);
  g.fillStyle = colour; g.textAlign = "left"; g.textBaseline = "top"; g.fillText(text, left, y + 1);
}
