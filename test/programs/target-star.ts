export function starred(): string {
  return "starred";
}
