import { factor } from "./factor.js";

export function multiply(n) {
  return factor * n;
}
