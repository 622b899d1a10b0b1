// Tasks whose worker really crashes, as a bug in a native library makes it: those with `retries` run again, and nothing else is lost.
import { currentTask, isMain, Pool, WorkerDiedError } from "../mod.ts";

/** The target: the pictures 2 and 5 crash at first, and picture 7 always does. */
export function convert(picture: number): string {
  const { attempt } = currentTask() ?? { attempt: 1 };
  if (picture === 7 || (attempt === 1 && (picture === 2 || picture === 5))) process.abort();
  return `picture ${picture}: done in attempt ${attempt}`;
}

if (isMain(import.meta)) {
  // What the runtimes print when they crash is left out.
  const pool = new Pool({ processes: 2, stdout: "null", stderr: "null" });
  try {
    const results = await pool.map(convert, [1, 2, 3, 4, 5, 6, 7, 8], { retries: 2, settle: true });
    for (const result of results) {
      if (result.status === "fulfilled") console.log(result.value);
      else if (result.reason instanceof WorkerDiedError) console.log(`picture ${(result.reason.index ?? 0) + 1}: crashed each time`);
      else throw result.reason;
    }
    const { died, retried, failed } = pool.stats();
    console.log(`${died} workers died, ${retried} tasks ran again, ${failed} failed`);
  } finally {
    pool.terminate();
  }
}
