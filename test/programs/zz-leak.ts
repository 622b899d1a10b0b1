import { run } from "../suite/help.ts";
import { SharedValue } from "../../mod.ts";
import { setAll } from "../cases/shared-numbers.ts";
import { descriptors, warmUp } from "../suite/leaks.ts";
if (import.meta.main) {
  await warmUp();
  const t = performance.now();
  let last = -1;
  const look = (w: string) => { const n = descriptors().get("socket") ?? 0; if (n !== last) console.log(w, Math.round(performance.now() - t), n); last = n; };
  for (let i = 0; i < 40; i++) { look("idle"); await new Promise((r) => setTimeout(r, 25)); }
  const v = new SharedValue("i32", 1);
  look("made");
  await run({ target: setAll, args: [[v]] });
  look("ran");
  v.close();
  for (let i = 0; i < 40; i++) { look("idle"); await new Promise((r) => setTimeout(r, 25)); }
}
