export function moduleUrl(): string {
  return import.meta.url;
}
