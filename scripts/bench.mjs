// `npm run bench`: the program is bench/bench.mjs.
import { runProgram } from "./setup.mjs";

await runProgram("bench/bench.mjs");
