// What a mark of the strategy space is, in words.

import { number } from "../page/elements.js";
import { isAlone } from "./charts.js";
import { whyOf } from "./landscape.js";

function nameOf(space, item) { return space.about.titles ? space.about.titles[item] : `item ${item}`; }

// Creators stand on the very item they make; which one that is need not be sent.
function itemAt(space, i) {
  const [x, y] = space.position(i);
  let best = null, least = Infinity;
  for (let k = 0; k < space.items.length / 2; k++) {
    const d = (space.items[2 * k] - x) ** 2 + (space.items[2 * k + 1] - y) ** 2;
    if (d < least) { least = d; best = k; }
  }
  return best;
}

function makersOf(space, item) {
  return space.columns.filter((i) => itemAt(space, i) === item).map((i) => space.numbers[i]);
}

// And why, once that is known.
export function describe(space, mark) {
  const words = [nameMark(space, mark)], why = whyOf(space);
  if (words[0] && why && mark.kind === why.mark.kind && mark.index === why.mark.index) words.push(...reasons(why));
  return words.join("\n");
}

function reasons(why) {
  const percent = (part) => `${Number((100 * part).toPrecision(2))} %`, said = [];
  const first = (all, tell) => [...all].slice(0, 5).map(tell).join(", ");
  if (why.shown) {
    said.push(`sees creator ${first(why.shown, (i, k) => `${i}: ${percent(why.chances[k])} (relevance ${number(why.relevance[k], 2)})`)}`);
    if (why.others) said.push(`and what no creator makes: ${percent(why.others)}`);
  } else if (why.payers) {
    const telling = [...why.payers].filter((_, k) => why.dues[k] > 5e-4 * why.earned);
    said.push(telling.length ? `paid by user ${first(telling, (j, k) => `${j}: ${percent(why.dues[k] / why.earned)}`)}` : "paid by nobody");
    if (why.trial) said.push(`last trial ${why.accepted ? "accepted" : "refused"}`);
  }
  return said;
}

function nameMark(space, mark) {
  if (!mark || !space.pay || !space.weight) return "";
  const k = mark.index;
  if (!space.has(mark)) return mark.kind === "creator" ? `creator ${k} is not there` : "";
  if (mark.kind === "user") {
    return `user ${k}${isAlone(space.about) ? "" : ` (group ${space.groups[k]})`}: ${space.away(k) ? "away" : `utility ${number(space.utility[k])}`}, weight ${number(space.weight[k], 2)}, ` +
      `K ${space.K[k]}, β ${number(space.beta[k])}`;
  }
  if (mark.kind === "item") {
    const makers = makersOf(space, k);
    return `${nameOf(space, k)}: ${makers.length ? `made by creator ${makers.join(", ")}` : "made by nobody"}`;
  }
  const i = space.columnOf(k), [x, y] = space.position(i), pay = `utility ${number(space.pay[i], 4)}`;
  if (!space.items.length) return `creator ${k}: ${pay}, at (${number(x, 2)}, ${number(y, 2)})`;
  const item = itemAt(space, i), others = makersOf(space, item).length - 1;
  return `creator ${k} makes ${nameOf(space, item)}${others ? ` (as ${others} other${others > 1 ? "s do" : " does"})` : ""}: ${pay}`;
}
