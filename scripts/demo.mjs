// `npm run demo`: the program is scripts/demo/demo.ts.
import { runProgram } from "./setup.mjs";

await runProgram("scripts/demo/demo.ts");
