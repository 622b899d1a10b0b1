import { deep } from "./target-deep.ts";

export function imported(): string {
  return "imported";
}
export class Imported {
  readonly kind: string = "class";
}
export const holder: { readonly deep: () => string } = { deep };
/** Has the name of an export of target-main.ts. */
export function makeNamesake(): () => string {
  return function work(): string {
    return "a closure";
  };
}
