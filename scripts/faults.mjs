// `npm run faults`: the program is faults/faults.mjs.
import { runProgram } from "./setup.mjs";

await runProgram("faults/faults.mjs");
