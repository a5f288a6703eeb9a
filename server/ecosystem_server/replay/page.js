// A replay's page: the board, what plays behind it, and the few controls there are.

import { LiveBoard } from "../live/board.js";
import { mounted } from "../page/board.js";
import { element, write } from "../page/elements.js";
import { Player, SPEEDS } from "./player.js";
import { readRecording } from "./recording.js";

const [board, play, pace, speed, start] = ["board", "play", "pace", "speed", "start"].map((id) => document.getElementById(id));
const { dataset } = document.documentElement;

function flipTheme() { dataset.theme = dataset.theme === "dark" ? "light" : "dark"; }

async function begin() {
  document.getElementById("theme").onclick = flipTheme;
  if (matchMedia("(prefers-color-scheme: dark)").matches) flipTheme();
  const [about, data] = ["about", "data"].map((id) => document.getElementById(id).textContent);
  const player = new Player(await readRecording(JSON.parse(about), data), () => {
    write(play, player.playing ? "Pause" : "Play");
    write(speed, `${player.speed} /s`);
    pace.value = SPEEDS.indexOf(player.speed);
    if (player.playing || player.step) start.remove();
  });
  for (const button of document.querySelectorAll("[data-key]")) button.onclick = () => player.act(button.dataset.key);
  pace.max = SPEEDS.length - 1;
  pace.oninput = () => player.play(SPEEDS[pace.value]);
  mounted(LiveBoard).render({ model: player, el: board });
  player.play();
  if (location.hash === "#play") player.act("toggle");
}

// A document inside that is open keeps this one loading: whoever takes its picture once it is loaded has the board.
const open = element(document.body, "iframe", "", { hidden: "" });
open.contentDocument?.open();
begin()
  .catch((error) => write(board, `This browser cannot show the replay (${error}); take a newer one.`))
  .then(() => requestAnimationFrame(() => requestAnimationFrame(() => { open.contentDocument?.close(); open.remove(); })));
