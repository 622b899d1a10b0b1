import { isMain } from "polyproc";

console.log(isMain(import.meta));
