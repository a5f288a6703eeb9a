// Colours: Okabe and Ito's palette, which colour-blind readers can tell apart; one colour per arm everywhere.

export const CREATOR_COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6bb1", "#7f7f00"];
export const SHADES = 12;

export const creatorColour = (i) => CREATOR_COLOURS[i % CREATOR_COLOURS.length];

export function themeColours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  const dark = document.documentElement.dataset.theme === "dark";
  return {
    dark,
    text: read("--text"), faint: read("--faint"), line: read("--line"), panel: read("--panel"),
    arms: [read("--arm-a"), read("--arm-b")],
    shades: shades(dark),
    bold: document.documentElement.hasAttribute("data-projector") ? 1.8 : 1, // of trails
  };
}

// Low to high utility: from dark violet to yellow (light page: to a deep ochre), even in lightness.
function shades(dark) {
  const stops = dark
    ? [[72, 62, 120], [94, 96, 160], [88, 140, 170], [130, 190, 150], [235, 225, 110]]
    : [[44, 30, 90], [60, 82, 139], [45, 130, 142], [110, 180, 100], [226, 200, 40]];
  return Array.from({ length: SHADES }, (_, k) => {
    const at = (k / (SHADES - 1)) * (stops.length - 1);
    const i = Math.min(Math.floor(at), stops.length - 2), f = at - i;
    const mix = stops[i].map((c, d) => Math.round(c + f * (stops[i + 1][d] - c)));
    return `rgb(${mix.join(",")})`;
  });
}

export function shadeOf(value, low, high) {
  return Math.max(0, Math.min(SHADES - 1, Math.floor(((value - low) / (high - low || 1)) * SHADES)));
}
