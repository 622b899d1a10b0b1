// `npm run soak`: the program is soak/soak.mjs.
import { runProgram } from "./setup.mjs";

await runProgram("soak/soak.mjs");
