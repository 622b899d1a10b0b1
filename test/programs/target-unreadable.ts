import { callerModules, locate } from "../../src/target/target.ts";

const error = await locate(() => {}, callerModules()).catch(String);
console.log(error);
