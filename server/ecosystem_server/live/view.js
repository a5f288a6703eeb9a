// What part of the plane both arms show, and the pointer on them: pan, zoom, follow.

export function listenTo(board, { canvas, space }) {
  const { shared } = board;
  let grip = null;
  const at = (event) => {
    const r = canvas.getBoundingClientRect(), zoomed = r.width / canvas.clientWidth;
    return [(event.clientX - r.left) / zoomed, (event.clientY - r.top) / zoomed];
  };
  canvas.addEventListener("pointerdown", (event) => { grip = [...at(event), false]; canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointermove", (event) => {
    const [x, y] = at(event), view = shared.view;
    if (grip) {
      if (Math.hypot(x - grip[0], y - grip[1]) > 3 || grip[2]) {
        view.x -= (x - grip[0]) / view.scale; view.y += (y - grip[1]) / view.scale;
        grip = [x, y, true];
        board.fitted = true;
        board.invalidate(true);
      }
    } else { shared.hover = space.pick(x, y); board.invalidate(); }
  });
  canvas.addEventListener("pointerup", (event) => {
    if (grip && !grip[2]) {
      const hit = space.pick(...at(event)), old = shared.follow;
      shared.follow = hit && old && hit.kind === old.kind && hit.index === old.index ? null : hit;
    }
    grip = null;
    board.invalidate();
  });
  canvas.addEventListener("pointerleave", () => { shared.hover = null; board.invalidate(); });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(board, Math.exp(-event.deltaY * 0.0015), space, ...at(event));
  }, { passive: false });
  canvas.addEventListener("dblclick", () => fit(board));
}

export function zoom(board, factor, space, px, py) {
  const view = board.shared.view, x = view.x + (px - space.w / 2) / view.scale, y = view.y - (py - space.h / 2) / view.scale;
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
