import { readdirSync, readlinkSync, readFileSync } from "node:fs";
import { collectGarbage, warmUp } from "./leaks.ts";
const { cases } = await import("../cases/listener.ts");
const open = () => readdirSync("/proc/self/fd").map((fd) => { try { return readlinkSync("/proc/self/fd/" + fd); } catch { return ""; } }).filter((x) => x.startsWith("socket"));
await warmUp();
const base = new Set(open());
const known = new Map<string, string>();
for (const [name, run] of Object.entries(cases)) {
  await (run as () => Promise<void>)();
  for (let i = 0; i < 25 && open().some((s) => !base.has(s) && !known.has(s)); i++) { collectGarbage(); await new Promise((r) => setTimeout(r, 100)); }
  const unix = readFileSync("/proc/net/unix", "utf8"), tcp = readFileSync("/proc/net/tcp", "utf8");
  for (const s of open()) if (!base.has(s) && !known.has(s)) { known.set(s, name); const ino = s.slice(8, -1); console.log(name, "|", unix.split("\n").find((l) => l.includes(ino)) ?? tcp.split("\n").find((l) => l.includes(ino)) ?? s); }
}
for (let i = 0; i < 10; i++) { collectGarbage(); await new Promise((r) => setTimeout(r, 200)); }
console.log("left", open().filter((s) => !base.has(s)).length);
process.exit(0);
