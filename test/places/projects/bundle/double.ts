import { registerTarget } from "polyproc";

export function double(n: number): number {
  return 2 * n;
}

registerTarget(double, "double");
