// The live page's charts: welfare over time, group weights, group utilities, what creators earn.

import { axes, circle, drawLine, plaque } from "../page/charts.js";
import { number } from "../page/elements.js";

export const CHARTS = [
  ["Welfare over time", "dashed: default terms", welfareChart],
  ["Group weights", "w, Eq. (14)", groupChart("group_weights", { weights: true })],
  ["Group utilities", "group means", groupChart("group_utilities", { dots: true })],
  ["Creator utilities", "sorted", payChart],
];

function welfareChart(g, box, colours, arms) {
  const curves = (charts) => [
    { steps: charts.welfare_default_steps, values: charts.welfare_default, width: 1.4, dash: [5, 4] },
    { steps: charts.welfare_steps, values: charts.welfare, width: 1.8, dash: [] },
  ];
  const drawn = arms.flatMap((arm) => curves(arm.charts));
  const all = drawn.flatMap(({ values }) => [...values]).filter(Number.isFinite).sort((a, b) => a - b), best = all.at(-1);
  // From the start on, unless its first steps climb so steeply that what is worth seeing above them would lie flat:
  // then from their foot on, and the start is given in words.
  const foot = all[Math.floor(all.length * 0.04)], below = best - all[0] > 3 * (best - foot);
  const low = below ? foot : all[0], margin = Math.max((best - low) * 0.12, 1e-3 * Math.abs(best), 1e-6);
  const last = Math.max(10, ...drawn.map(({ steps }) => steps.at(-1)));
  const [X, Y] = axes(g, box, colours, [0, last], [low - margin, best + margin], { label: "step" });
  g.save();
  g.beginPath(); g.rect(box.left, box.top - 4, box.right - box.left, box.bottom - box.top + 6); g.clip();
  arms.forEach((arm, a) => {
    for (const [step] of arm.swaps.slice(1)) drawLine(g, [[X(step), box.top - 4], [X(step), box.bottom]], colours.arms[a], 1.5, [2, 2]);
    for (const { steps, values, width, dash } of curves(arm.charts)) {
      drawLine(g, Array.from(steps, (step, k) => [X(step), Y(values[k])]), colours.arms[a], width, dash);
    }
  });
  g.restore();
  // Marks are named at the top, or at the bottom where the curve is at the top; above the words on the start.
  arms.forEach(({ charts, swaps }, a) => {
    for (const [step, name] of swaps.slice(1)) {
      const at = charts.welfare_steps.findIndex((t) => t >= step), text = `${"AB"[a]}: ${name}`;
      const high = at >= 0 && Y(charts.welfare[at]) < (box.top + box.bottom) / 2;
      const width = g.measureText(text).width, x = X(step), left = x + width + 6 > box.right ? x - width - 5 : x + 4;
      plaque(g, box, colours, text, left, (high ? box.bottom - 44 : box.top - 3) + 14 * a, colours.arms[a]);
    }
  });
  if (!below) return;
  const { welfare_steps: steps, welfare: values } = arms[0].charts, seen = values.findIndex((v) => Y(v) < box.bottom - 16);
  plaque(g, box, colours, `starts below, at ${number(values[0], 2)}`, X(steps[Math.max(seen, 0)]) + 5, box.bottom - 15, colours.faint);
}

// Whether every group is one user: then it is called that.
export const isAlone = ({ users, by_size }) => users === by_size.length;

// Groups from the largest to the smallest: a column each, the two arms side by side.
function groupChart(field, { weights = false, dots = false }) {
  return (g, box, colours, arms) => {
    const order = arms[0].about.by_size, n = order.length, all = arms.flatMap((arm) => [...arm.charts[field]]);
    let low = Math.min(...all), high = Math.max(...all);
    if (weights) [low, high] = [Math.max(Math.min(low * 0.9, 0.5), 0.05), Math.max(high * 1.1, 2)];
    else {
      const margin = Math.max((high - low) * 0.15, 0.01);
      [low, high] = [Math.max(0, low - margin), high + margin];
    }
    const ends = isAlone(arms[0].about) ? ["first user", "last user"] : ["large groups", "small groups"];
    const [X, Y] = axes(g, box, colours, [0, n], [low, high], { across: 0, ends, logarithmic: weights });
    const foot = weights ? Y(1) : box.bottom, column = (box.right - box.left) / n;
    arms.forEach((arm, a) => {
      g.fillStyle = colours.arms[a];
      g.globalAlpha = weights && !arm.now.uses_weights ? 0.3 : 1; // computed all the same
      order.forEach((group, k) => {
        const y = Y(Math.max(arm.charts[field][group], low));
        const width = Math.max((column * 0.8) / arms.length, 1.5), x = X(k) + column * 0.1 + a * width;
        if (dots) { circle(g, x + width / 2, y, Math.min(3.5, column / 2)); g.fill(); }
        else g.fillRect(x, Math.min(y, foot), width - 0.5, Math.max(Math.abs(foot - y), 1));
      });
    });
    g.globalAlpha = 1;
  };
}

// Creators from the best to the worst paid.
function payChart(g, box, colours, arms) {
  const sorted = arms.map((arm) => arm.charts.pay.filter(Number.isFinite).sort().reverse());
  const n = Math.max(1, ...sorted.map((pay) => pay.length)), high = Math.max(0, ...sorted.flatMap((pay) => [...pay.slice(0, 1)]));
  const [X, Y] = axes(g, box, colours, [0, n], [0, high * 1.08 || 1], { across: 0, ends: ["highest paid", "lowest paid"] });
  sorted.forEach((pay, a) => {
    drawLine(g, [...pay].flatMap((u, k) => [[X(k), Y(u)], [X(k + 1), Y(u)]]), colours.arms[a], 1.8);
  });
}
