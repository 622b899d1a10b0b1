// `npm run fuzz`: the program is test/unit/fuzz/start.ts.
import { runProgram } from "./setup.mjs";

await runProgram("test/unit/fuzz/start.ts");
