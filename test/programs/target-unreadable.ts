import { callerModules } from "../../src/target/callers.ts";
import { locateTarget } from "../../src/target/locate.ts";

const error = await locateTarget(() => {}, callerModules()).catch(String);
console.log(error);
