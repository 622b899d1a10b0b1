import { located } from "./target-cycle-b.ts";

export function fromA(): string {
  return "a";
}
const { module, name, check } = located;
console.log(JSON.stringify([module.slice(module.lastIndexOf("/") + 1), name, check !== undefined]));
