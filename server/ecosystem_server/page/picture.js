// What a board shows as a picture: its boxes, words and drawings where they stand, as SVG, and that as PNG.

const SCALE = 2; // pixels of a PNG for one of the page
const rounded = (x) => Math.round(x * 100) / 100;
const escaped = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

// As much of a canvas's context as our drawings use, written as SVG.
class SvgContext {
  constructor() {
    Object.assign(this, { vector: true, parts: [], d: "", dash: [], open: [], clips: 0 });
    Object.assign(this, { globalAlpha: 1, lineWidth: 1, lineJoin: "miter", textAlign: "left", textBaseline: "alphabetic" });
    this.ruler = document.createElement("canvas").getContext("2d");
  }

  set font(font) { this.ruler.font = font; }
  get size() { return parseFloat(/[\d.]+px/.exec(this.ruler.font)[0]); }
  measureText(text) { return this.ruler.measureText(text); }
  beginPath() { this.d = ""; }
  moveTo(x, y) { this.d += `M${rounded(x)} ${rounded(y)}`; }
  lineTo(x, y) { this.d += `${this.d ? "L" : "M"}${rounded(x)} ${rounded(y)}`; }
  closePath() { this.d += "Z"; }
  rect(x, y, w, h) { this.moveTo(x, y); this.d += `h${rounded(w)}v${rounded(h)}h${rounded(-w)}Z`; }
  arc(x, y, radius) { // whole circles
    const r = rounded(radius);
    this.moveTo(x + radius, y);
    this.d += `a${r} ${r} 0 1 0 ${-2 * r} 0a${r} ${r} 0 1 0 ${2 * r} 0`;
  }
  setLineDash(dash) { this.dash = dash; }
  path(paint) { this.parts.push(`<path d="${this.d}" opacity="${rounded(this.globalAlpha)}" ${paint}/>`); }
  fill() { this.path(`fill="${this.fillStyle}"`); }
  stroke() {
    this.path(`fill="none" stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}" stroke-linejoin="${this.lineJoin}" stroke-dasharray="${this.dash}"`);
  }
  fillRect(x, y, w, h) { this.beginPath(); this.rect(x, y, w, h); this.fill(); }
  fillText(text, x, y) {
    const down = { top: 0.85, middle: 0.35 }[this.textBaseline] ?? 0, anchor = { right: "end", center: "middle" }[this.textAlign] ?? "start";
    const style = `text-anchor="${anchor}" style="font:${escaped(this.ruler.font)};white-space:pre"`;
    this.parts.push(`<text x="${rounded(x)}" y="${rounded(y + down * this.size)}" fill="${this.fillStyle}" ${style}>${escaped(text)}</text>`);
  }
  drawImage(canvas, x, y, w, h) {
    this.parts.push(`<image href="${canvas.toDataURL()}" x="${x}" y="${y}" width="${w}" height="${h}" opacity="${rounded(this.globalAlpha)}" preserveAspectRatio="none"/>`);
  }
  save() { this.open.push(""); }
  clip() {
    this.parts.push(`<clipPath id="clip${++this.clips}"><path d="${this.d}"/></clipPath><g clip-path="url(#clip${this.clips})">`);
    this.open.push(`${this.open.pop()}</g>`);
  }
  restore() { this.parts.push(this.open.pop()); }

  // A part of the picture that shows nothing outside of it, in coordinates of its own where `own` is true.
  within({ x, y, width, height }, own, draw) {
    const view = own ? `0 0 ${width} ${height}` : `${x} ${y} ${width} ${height}`;
    this.parts.push(`<svg x="${x}" y="${y}" width="${width}" height="${height}" viewBox="${view}">`);
    draw();
    this.parts.push("</svg>");
  }
}

const isShown = (style, { width, height }) => style.display !== "none" && style.visibility !== "hidden" && width > 0 && height > 0;

// `paint(canvas, g)` draws what a canvas of the board shows into another context.
export function svgOf(root, colours, paint) {
  const origin = root.getBoundingClientRect(), g = new SvgContext();
  const place = (r) => ({ x: r.left - origin.left, y: r.top - origin.top, width: r.width, height: r.height });
  const words = (node, style) => {
    const range = document.createRange(), lines = new Map(); // by where they stand: a text may be broken
    for (let k = 0; k < node.length; k++) {
      range.setStart(node, k); range.setEnd(node, k + 1);
      const box = place(range.getBoundingClientRect()), line = lines.get(box.y);
      if (line) line.text += node.data[k];
      else if (box.width) lines.set(box.y, { ...box, text: node.data[k] });
    }
    g.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    Object.assign(g, { fillStyle: style.color, textAlign: "left", textBaseline: "middle" });
    for (const { x, y, height, text } of lines.values()) g.fillText(text, x, y + height / 2);
  };
  const add = (node) => {
    const style = getComputedStyle(node), box = place(node.getBoundingClientRect());
    if (!isShown(style, box) || node.matches("input, button, label")) return;
    g.globalAlpha = 1;
    g.fillStyle = style.backgroundColor;
    if (g.fillStyle.startsWith("color")) Object.assign(g, { fillStyle: colours.panel, globalAlpha: 0.8 }); // mixed with nothing
    if (g.fillStyle !== "rgba(0, 0, 0, 0)") g.fillRect(box.x, box.y, box.width, box.height);
    g.globalAlpha = 1;
    if (style.backgroundImage !== "none") {
      const { shades } = colours, width = box.width / shades.length;
      shades.forEach((shade, k) => { g.fillStyle = shade; g.fillRect(box.x + k * width, box.y, width, box.height); });
    }
    if (parseFloat(style.borderLeftWidth)) {
      g.beginPath(); g.rect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1);
      Object.assign(g, { strokeStyle: style.borderLeftColor, lineWidth: 1, dash: [] });
      g.stroke();
    } else if (parseFloat(style.borderTopWidth)) {
      g.fillStyle = style.borderTopColor;
      g.fillRect(box.x, box.y, box.width, parseFloat(style.borderTopWidth));
    }
    if (node.tagName === "CANVAS") { g.within(box, true, () => paint(node, g)); return; }
    const inside = () => node.childNodes.forEach((one) => (one.nodeType === Node.TEXT_NODE ? words(one, style) : add(one)));
    if (style.overflow === "visible") inside();
    else g.within(box, false, inside);
  };
  g.fillStyle = getComputedStyle(root).getPropertyValue("--ground").trim();
  g.fillRect(0, 0, origin.width, origin.height);
  add(root);
  const { width, height } = origin;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${g.parts.join("\n")}</svg>`;
}

export async function pngOf(svg) {
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  await image.decode();
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: SCALE * image.width, height: SCALE * image.height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((done) => { canvas.toBlob(done, "image/png"); });
}
