// What part of the plane both arms show, and the pointer on them: pan, zoom, follow, and what a hand does.

const TWICE = 400; // ms between the taps of a double one

export function listenTo(board, panel) {
  const { canvas, space } = panel, { shared, hands } = board;
  let grip = null, tapped = { time: -TWICE };
  const at = (event) => {
    const r = canvas.getBoundingClientRect(), zoomed = r.width / canvas.clientWidth;
    return [(event.clientX - r.left) / zoomed, (event.clientY - r.top) / zoomed];
  };
  const isFinger = (event) => event.pointerType === "touch";
  // A finger scrolls the page, unless there is something under it to be held.
  canvas.addEventListener("touchstart", (event) => {
    if (event.touches.length === 1 && hands.grip(panel, ...at(event.touches[0]), true)) event.preventDefault();
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    const [x, y] = at(event);
    hands.panel = panel;
    grip = { x, y, moved: false, mark: event.button === 0 ? hands.grip(panel, x, y, isFinger(event)) : null };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = at(event), view = shared.view;
    if (grip) {
      grip.moved ||= Math.hypot(x - grip.x, y - grip.y) > (isFinger(event) ? 8 : 3);
      if (!grip.moved) return;
      canvas.style.cursor = "grabbing";
      if (grip.mark) hands.carry(panel, grip.mark, x, y);
      else if (!isFinger(event)) {
        view.x -= (x - grip.x) / view.scale; view.y += (y - grip.y) / view.scale;
        Object.assign(grip, { x, y });
        board.fitted = true;
        board.invalidate(true);
      }
      return;
    }
    hands.panel = panel;
    shared.hover = space.pick(x, y);
    canvas.style.cursor = hands.grip(panel, x, y, false) ? "grab" : "";
    board.invalidate();
  });
  canvas.addEventListener("pointerup", (event) => {
    const [x, y] = at(event);
    if (grip?.moved && grip.mark) hands.drop(panel, grip.mark, x, y);
    else if (grip && !grip.moved) {
      const hit = space.pick(x, y, isFinger(event) ? 2.2 : 1), old = shared.follow;
      const twice = event.timeStamp - tapped.time < TWICE && Math.hypot(x - tapped.x, y - tapped.y) < 12;
      if (twice && !hit) hands.add(panel, x, y);
      shared.follow = hit && old && hit.kind === old.kind && hit.index === old.index ? null : hit;
      tapped = twice ? { time: -TWICE } : { time: event.timeStamp, x, y };
    }
    grip = null;
    canvas.style.cursor = "";
    board.invalidate();
  });
  canvas.addEventListener("pointercancel", () => { grip = null; hands.release(); });
  canvas.addEventListener("pointerleave", () => { shared.hover = null; board.invalidate(); });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(board, Math.exp(-event.deltaY * 0.0015), space, ...at(event));
  }, { passive: false });
}

export function zoom(board, factor, space, px, py) {
  const view = board.shared.view, [x, y] = space.toPlane(px, py);
  view.scale = Math.min(Math.max(view.scale * factor, 5), 5000);
  view.x = x - (px - space.w / 2) / view.scale; view.y = y + (py - space.h / 2) / view.scale;
  board.fitted = true;
  board.invalidate(true);
}

export function fit(board) {
  const first = board.panels[0].space;
  if (!first.about || !first.canvas.clientWidth) return;
  const [x0, x1, y0, y1] = first.bounds(), view = board.shared.view;
  view.x = (x0 + x1) / 2; view.y = (y0 + y1) / 2;
  const { clientWidth: w, clientHeight: h } = first.canvas;
  // Room at each side for the largest marks, and for the words above and below; a sliver where many are small.
  const few = first.about.users <= 200, room = (size, least) => size - 2 * Math.min(Math.max(0.08 * size, few ? least : 0), size / 4);
  view.scale = Math.min(room(w, 30) / (x1 - x0 || 1), room(h, 50) / (y1 - y0 || 1));
  board.fitted = false;
  board.invalidate(true);
}
