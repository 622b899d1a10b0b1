import { go } from "./target-tail-caller.ts";

const { module, name } = await go();
console.log(JSON.stringify([module.slice(module.lastIndexOf("/") + 1), name]));
