/** Not the `work` of target-main.ts. */
export function work(): string {
  return "another work";
}
