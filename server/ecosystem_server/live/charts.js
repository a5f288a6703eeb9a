// The live page's charts: welfare over time, group weights, group utilities, what creators earn.

// What the two ends of an axis are; where there is little room by one word each, or the left end alone.
function nameEnds(g, box, colours, left, right) {
  const short = [left, right].map((text) => text.split(" ")[0]);
  const fits = (ends) => g.measureText(ends.join("")).width < box.right - box.left - 10;
  const [first, last] = [[left, right], short].find(fits) ?? [short[0], ""];
  g.fillStyle = colours.faint; g.textBaseline = "top";
  g.textAlign = "left"; g.fillText(first, box.left, box.bottom + 4);
  g.textAlign = "right"; g.fillText(last, box.right, box.bottom + 4);
}

function welfareChart(g, box, colours, arms) {
  let high = -Infinity;
  const all = [];
  let last = 10;
  for (const arm of arms) for (const name of ["welfare", "welfare_default"]) {
    const steps = arm.charts[`${name}_steps`], values = arm.charts[name];
    last = Math.max(last, steps[steps.length - 1]);
    for (const v of values) { all.push(v); high = Math.max(high, v); }
  }
  // From the start on, unless its first steps climb so steeply that what is worth seeing above them would lie flat:
  // then from their foot on, and the start is told.
  all.sort((a, b) => a - b);
  const foot = all[Math.floor(all.length * 0.04)];
  const below = high - all[0] > 3 * (high - foot);
  let low = below ? foot : all[0];
  const margin = Math.max((high - low) * 0.12, 1e-3 * Math.abs(high), 1e-6);
  [low, high] = [low - margin, high + margin];
  const [X, Y] = axes(g, box, colours, [0, last], [low, high], { label: "step" });
  g.save();
  g.beginPath(); g.rect(box.left, box.top - 4, box.right - box.left, box.bottom - box.top + 6); g.clip();
  arms.forEach((arm, a) => {
    for (const [step] of arm.swaps.slice(1)) {
      g.strokeStyle = colours.arms[a]; g.setLineDash([2, 2]); g.lineWidth = 1.5;
      g.beginPath(); g.moveTo(X(step), box.top - 4); g.lineTo(X(step), box.bottom); g.stroke(); g.setLineDash([]);
    }
    for (const [name, dash] of [["welfare_default", [5, 4]], ["welfare", []]]) {
      const steps = arm.charts[`${name}_steps`], values = arm.charts[name];
      g.strokeStyle = colours.arms[a]; g.lineWidth = dash.length ? 1.4 : 1.8; g.setLineDash(dash);
      g.beginPath();
      for (let k = 0; k < steps.length; k++) k ? g.lineTo(X(steps[k]), Y(values[k])) : g.moveTo(X(steps[k]), Y(values[k]));
      g.stroke();
    }
    g.setLineDash([]);
  });
  g.restore();
  // Marks are named at the top, or at the bottom where the curve is at the top; above what is said of the start.
  arms.forEach((arm, a) => {
    for (const [step, name] of arm.swaps.slice(1)) {
      const { welfare_steps: steps, welfare: values } = arm.charts, at = steps.findIndex((t) => t >= step);
      const high = at >= 0 && Y(values[at]) < (box.top + box.bottom) / 2;
      const text = `${"AB"[a]}: ${name}`, width = g.measureText(text).width, x = X(step);
      plaque(g, box, colours, text, x + width + 6 > box.right ? x - width - 5 : x + 4, high ? box.bottom - 44 + 14 * a : box.top - 3 + 14 * a, colours.arms[a]);
    }
  });
  if (below) {
    const { welfare_steps: steps, welfare: values } = arms[0].charts, seen = values.findIndex((v) => Y(v) < box.bottom - 16);
    plaque(g, box, colours, `starts below, at ${values[0].toFixed(2)}`, X(steps[Math.max(seen, 0)]) + 5, box.bottom - 15, colours.faint);
  }
}

// Groups from the largest to the smallest: a column each, the two arms side by side.
function groupChart(field, { weights = false, dots = false }) {
  const logarithmic = weights;
  return (g, box, colours, arms) => {
    const order = arms[0].about.by_size, n = order.length;
    let low = Infinity, high = -Infinity;
    for (const arm of arms) for (const v of arm.charts[field]) { low = Math.min(low, v); high = Math.max(high, v); }
    if (logarithmic) { low = Math.min(low * 0.9, 0.5); high = Math.max(high * 1.1, 2); low = Math.max(low, 0.05); }
    else { const margin = Math.max((high - low) * 0.15, 0.01); low = Math.max(0, low - margin); high += margin; }
    const [X, Y] = axes(g, box, colours, [0, n], [low, high], { xTicks: false, logarithmic });
    nameEnds(g, box, colours, "large groups", "small groups");
    const foot = logarithmic ? Y(1) : box.bottom, column = (box.right - box.left) / n;
    arms.forEach((arm, a) => {
      g.fillStyle = colours.arms[a];
      g.globalAlpha = weights && !arm.now.uses_weights ? 0.3 : 1; // computed all the same
      order.forEach((group, k) => {
        const v = Math.max(arm.charts[field][group], low), y = Y(v);
        const width = Math.max((column * 0.8) / arms.length, 1.5), x = X(k) + column * 0.1 + a * width;
        if (dots) { g.beginPath(); g.arc(x + width / 2, y, Math.min(3.5, column / 2), 0, 7); g.fill(); }
        else g.fillRect(x, Math.min(y, foot), width - 0.5, Math.max(Math.abs(foot - y), 1));
      });
    });
    g.globalAlpha = 1;
  };
}

// Creators from the best to the worst paid.
function payChart(g, box, colours, arms) {
  let high = 0;
  const sorted = arms.map((arm) => arm.charts.pay.slice().sort().reverse());
  for (const pay of sorted) high = Math.max(high, pay[0]);
  const n = sorted[0].length;
  const [X, Y] = axes(g, box, colours, [0, n], [0, high * 1.08 || 1], { xTicks: false });
  nameEnds(g, box, colours, "highest paid", "lowest paid");
  sorted.forEach((pay, a) => {
    g.strokeStyle = colours.arms[a]; g.lineWidth = 1.8;
    g.beginPath();
    for (let k = 0; k < pay.length; k++) { g.lineTo(X(k), Y(pay[k])); g.lineTo(X(k + 1), Y(pay[k])); }
    g.stroke();
  });
}
