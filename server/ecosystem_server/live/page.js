// The live page in the browser.

import { mounted } from "../page/board.js";
import { LiveBoard } from "./board.js";

export default mounted(LiveBoard);
