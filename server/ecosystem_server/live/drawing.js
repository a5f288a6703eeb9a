// Painting one arm's strategy space: users below, then paths, creators, and what is marked.

import { circle, drawLine, emptied } from "../page/charts.js";
import { CREATOR_COLOURS, SHADES, shadeOf } from "../page/palette.js";
import { drawLandscape, drawReasons } from "./landscape.js";

const FADING = 1200; // ms

function addDisc(g, x, y, radius) {
  g.moveTo(x + radius, y); g.arc(x, y, radius, 0, 2 * Math.PI);
}

// On the screen, or into another context: of vectors, where users are no layer but marks.
export function drawSpace(space, colours, g = emptied(space.canvas)) {
  if (!space.about || !space.seen || !space.canvas.width || !space.canvas.height) return;
  drawLandscape(space, g);
  if (g.vector) drawUsers(space, g, colours); // a file
  else {
    if (space.layerStale) drawUsers(space, emptied(space.layer), colours);
    space.layerStale = false;
    g.drawImage(space.layer, 0, 0, space.w, space.h);
  }
  drawPaths(space, g, colours);
  drawGhosts(space, g);
  drawReasons(space, g, colours);
  drawCreators(space, g, colours);
  drawMarked(space, g, colours);
}

export function userRadius(space, j) {
  const base = Math.min(11, Math.max(1.5, 30 / Math.sqrt(space.about.users)));
  return base * Math.sqrt(Math.min(Math.max(space.weight ? space.weight[j] : 1, 0.08), 8));
}

function drawUsers(space, g, colours) {
  drawItems(space, g, colours);
  const m = space.about.users, [low, high] = space.shared.range;
  const bins = Array.from({ length: SHADES + 1 }, () => []); // the last for those who are away: no utility is theirs
  for (let j = 0; j < m; j++) bins[space.utility ? space.away(j) ? SHADES : shadeOf(space.utility[j], low, high) : 0].push(j);
  const many = m > 200;
  bins.forEach((members, shade) => {
    if (!members.length) return;
    g.globalAlpha = shade === SHADES ? 0.2 : many ? 0.55 : 1;
    g.fillStyle = colours.shades[shade] ?? colours.faint;
    g.beginPath();
    for (const j of members) {
      const [x, y] = space.onScreen("user", j), r = userRadius(space, j);
      if (x < -20 || y < -20 || x > space.w + 20 || y > space.h + 20) continue;
      if (many) g.rect(x - r, y - r, 2 * r, 2 * r);
      else { g.moveTo(x, y - r); g.lineTo(x + r, y); g.lineTo(x, y + r); g.lineTo(x - r, y); g.closePath(); }
    }
    g.fill();
    if (!many) { g.strokeStyle = colours.text; g.lineWidth = 1; g.stroke(); }
  });
  g.globalAlpha = 1;
}

function drawItems(space, g, colours) {
  g.beginPath();
  for (let k = 0; k < space.items.length / 2; k++) addDisc(g, ...space.onScreen("item", k), 1.4);
  g.fillStyle = colours.faint; g.globalAlpha = 0.35; g.fill(); g.globalAlpha = 1;
}

function drawPaths(space, g, colours) {
  const many = space.columns.length > 40, dimmed = space.follows;
  g.lineJoin = "round";
  g.globalAlpha = dimmed ? 0.1 : many ? 0.3 : 0.55;
  g.lineWidth = (many ? 0.8 : 1.6) * colours.bold;
  byColour(space, g, (i) => tracePath(space, g, i), (colour) => { g.strokeStyle = colour; g.stroke(); });
  g.globalAlpha = 1;
  if (!many) for (const i of space.columns) drawArrow(space, g, i, dimmed ? 0.25 : 1);
  else {
    // From birth to now, faintly: where two hundred of them have gone.
    g.beginPath();
    for (const i of space.columns) {
      g.moveTo(...space.onScreen("home", i));
      g.lineTo(...space.onScreen("creator", i));
    }
    g.strokeStyle = colours.text; g.globalAlpha = 0.05; g.lineWidth = 1; g.stroke(); g.globalAlpha = 1;
  }
}

// One path, and one stroke or fill, for all creators of a colour.
function byColour(space, g, add, paint) {
  CREATOR_COLOURS.forEach((colour) => {
    g.beginPath();
    for (const i of space.columns) if (space.colour(i) === colour) add(i);
    paint(colour);
  });
}

function tracePath(space, g, i) {
  // A point that is less than a pixel from the last one drawn is left out: invisible, and dear.
  // Before its birth the column was another's.
  const v = space.shared.view, n2 = space.about.columns * 2;
  const steps = Math.min(space.seen, space.length, space.step - space.births[i] + 1);
  let px = 0, py = 0;
  for (let back = steps - 1; back >= 0; back--) {
    const at = ((space.seen - 1 - back) % space.length) * n2 + 2 * i;
    const x = space.w / 2 + (space.path[at] - v.x) * v.scale, y = space.h / 2 - (space.path[at + 1] - v.y) * v.scale;
    if (back === steps - 1) g.moveTo(x, y);
    else if (Math.abs(x - px) + Math.abs(y - py) > 1) g.lineTo(x, y);
    else continue;
    px = x; py = y;
  }
}

function drawArrow(space, g, i, alpha) {
  const [x0, y0] = space.onScreen("home", i), [x1, y1] = space.onScreen("creator", i);
  const d = Math.hypot(x1 - x0, y1 - y0), colour = space.colour(i);
  g.globalAlpha = alpha;
  g.strokeStyle = g.fillStyle = colour;
  g.lineWidth = 2;
  circle(g, x0, y0, 3); g.stroke();
  if (d > 14) {
    const ux = (x1 - x0) / d, uy = (y1 - y0) / d, tx = x1 - 6 * ux, ty = y1 - 6 * uy;
    drawLine(g, [[x0, y0], [tx - 7 * ux, ty - 7 * uy]], colour, 2, [5, 4]);
    g.beginPath(); g.moveTo(tx, ty); g.lineTo(tx - 9 * ux + 4.5 * uy, ty - 9 * uy - 4.5 * ux);
    g.lineTo(tx - 9 * ux - 4.5 * uy, ty - 9 * uy + 4.5 * ux); g.fill();
  }
  g.globalAlpha = 1;
}

// Who has left fades, as a ring that widens.
function drawGhosts(space, g) {
  const now = performance.now();
  space.ghosts = space.ghosts.filter(({ since }) => now - since < FADING).slice(-200);
  for (const { at, colour, since } of space.ghosts) {
    const age = (now - since) / FADING;
    circle(g, ...space.toScreen(...at), (space.columns.length > 40 ? 3 : 7) * (1 + age));
    g.globalAlpha = 1 - age; g.strokeStyle = colour; g.lineWidth = 2; g.stroke();
  }
  g.globalAlpha = 1;
}

function drawCreators(space, g, colours) {
  const many = space.columns.length > 40;
  g.globalAlpha = space.follows ? 0.35 : 1;
  g.strokeStyle = colours.panel; g.lineWidth = many ? 0.6 : 1.5;
  byColour(space, g, (i) => addDisc(g, ...space.onScreen("creator", i), many ? 2.6 : 6), (colour) => {
    g.fillStyle = colour; g.fill(); g.stroke();
  });
  g.globalAlpha = 1;
}

// What the pointer is on, and what is followed, in both arms.
function drawMarked(space, g, colours) {
  for (const mark of [space.shared.follow, space.shared.hover]) {
    if (!space.has(mark)) continue;
    const { kind } = mark, index = kind === "creator" ? space.columnOf(mark.index) : mark.index, [x, y] = space.onScreen(kind, index);
    if (kind === "creator") {
      const colour = space.colour(index);
      g.beginPath(); tracePath(space, g, index);
      g.strokeStyle = colour; g.lineWidth = 2; g.stroke();
      drawArrow(space, g, index, 1);
      circle(g, x, y, 7); g.fillStyle = colour; g.fill();
    } else circle(g, x, y, kind === "user" ? userRadius(space, index) + 5 : 6);
    g.strokeStyle = colours.text; g.lineWidth = 2; g.stroke();
  }
}
