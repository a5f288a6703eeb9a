// Elements and texts: making them, writing into them, and numbers as they are written.

// `what` names tag and classes, such as "span.figures".
export function element(parent, what, text = "", attributes = {}) {
  const [tag, ...classes] = what.split(".");
  const node = document.createElement(tag);
  node.className = classes.join(" ");
  node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  parent.append(node);
  return node;
}

// Writes only what is new, and returns whether it was.
export function write(node, text) {
  const fresh = node.textContent !== text;
  if (fresh) node.textContent = text;
  return fresh;
}

export const number = (x, digits = 3) => (Number.isFinite(x) ? x.toFixed(digits) : "–");
export const counted = (n, thing) => `${n} ${thing}${n === 1 ? "" : "s"}`;
