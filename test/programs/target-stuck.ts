import "./target-stuck-caller.ts";
import "./target-never.ts";

console.log("unreachable");
