// `npm run chaos`: the program is test/chaos/chaos.ts.
import { runProgram } from "./setup.mjs";

await runProgram("test/chaos/chaos.ts");
