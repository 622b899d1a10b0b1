export default function anything(): string {
  return "default";
}
