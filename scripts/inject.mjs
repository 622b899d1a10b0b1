// `npm run inject`: the program is test/inject/matrix.ts.
import { runProgram } from "./setup.mjs";

await runProgram("test/inject/matrix.ts");
