import { factor } from "./factor.ts";

export function multiply(n: number): number {
  return factor * n;
}
