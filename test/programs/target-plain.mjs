import { callerModules } from "../../src/target/callers.ts";
import { locateTarget } from "../../src/target/locate.ts";
import { imported } from "./target-lib.ts";

export function work() {}
export default class Plain {}

const found = await Promise.all([work, Plain, imported].map((target) => locateTarget(target, callerModules())));
console.log(JSON.stringify(found.map(({ module, name }) => `${module.slice(module.lastIndexOf("/") + 1)} ${name}`)));
