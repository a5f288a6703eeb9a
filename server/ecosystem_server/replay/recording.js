// A run as recording.py packed it, and what the board is told of it.

const NONE = 65535; // as a level: no number

function unpacked(bytes, { at, shape, low, high }) {
  const count = shape.reduce((a, b) => a * b, 1), size = low === undefined ? 4 : 2, raw = new Uint8Array(count * size);
  for (let p = 0; p < size; p++) for (let k = 0; k < count; k++) raw[k * size + p] = bytes[at + p * count + k];
  if (size === 4) return new Float32Array(raw.buffer);
  const levels = new Uint16Array(raw.buffer), row = count / shape[0];
  for (let k = row; k < count; k++) levels[k] += levels[k - row];
  return Float32Array.from(levels, (level) => (level === NONE ? NaN : low + (level * (high - low)) / (NONE - 1)));
}

export const mapped = (parts, change) => Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, change(part)]));

class ArmRecording {
  constructor(bytes, packed) {
    const unpack = (part) => unpacked(bytes, part), { scene, words, swaps, arrays, figures, path, tracks } = packed;
    Object.assign(this, { scene, words, swaps, last: path.shape[0] - 1, path: unpack(path) });
    Object.assign(this, { arrays: mapped(arrays, unpack), figures: mapped(figures, unpack) });
    this.tracks = mapped(tracks, ({ steps, rows }) => ({ steps, rows: unpack(rows) }));
    this.time = Float32Array.from({ length: this.last + 1 }, (_, step) => step);
    this.forget();
  }

  // A board that was sent the scene knows nothing else.
  forget() { this.seen = 0; this.told = {}; }

  // What is new on the way to a step; all there is, with charts.
  frame(time, withCharts) {
    const step = Math.min(time, this.last), row = 2 * this.scene.columns, from = Math.max(this.seen, step + 1 - this.scene.trail);
    const about = { step, ...this.words.findLast(([since]) => since <= step)[1], ...mapped(this.figures, (all) => all[step]) };
    const arrays = { path: this.path.subarray(from * row, (step + 1) * row) };
    this.seen = step + 1;
    for (const [name, { steps, rows }] of Object.entries(this.tracks)) {
      const at = steps.findLastIndex((since) => since <= step), each = rows.length / steps.length;
      if (this.told[name] === at && !withCharts) continue;
      this.told[name] = at;
      arrays[name] = this.ofUsers(name, rows.subarray(at * each, (at + 1) * each));
    }
    if (!withCharts) return [about, arrays];
    about.swaps = this.swaps.filter(([at]) => at <= step);
    for (const name of ["welfare", "welfare_default"]) {
      arrays[name] = this.figures[name].subarray(0, step + 1);
      arrays[`${name}_steps`] = this.time.subarray(0, step + 1);
    }
    return [about, arrays];
  }

  // Terms that are the same for all users of a group are kept by group.
  ofUsers(name, row) {
    const n = this.scene.by_size.length;
    if (!["weight", "beta", "K"].includes(name) || (row.length > n && !Number.isNaN(row[n]))) return row;
    return Float32Array.from(this.arrays.groups, (group) => row[group]);
  }
}

export async function readRecording(about, base64) {
  const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return { ...about, arms: about.arms.map((one) => new ArmRecording(bytes, one)) };
}
