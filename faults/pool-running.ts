import { isMain, WorkerDiedError } from "../mod.ts";
import { named, observe, unlessBlocked } from "./observe.ts";
import { killBoth } from "./pool-workers.ts";

if (isMain(import.meta)) {
  const { outcomes } = await killBoth();
  const begun = unlessBlocked("apply()");
  const reasons = (await outcomes).map((outcome) => (outcome.status === "rejected" ? outcome.reason : "a result"));
  const ok = reasons.every((reason) => reason instanceof WorkerDiedError && reason.signal === "SIGKILL");
  observe(
    ok ? `both: ${named(reasons[0])}, ${reasons[0].signal}` : reasons.map(named).join(", "),
    begun,
    ok && performance.now() - begun < 1000,
  );
}
