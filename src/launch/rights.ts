import { readProc } from "../runtime/platform.ts";
import { os } from "../util/lazy-modules.ts";

/**
 * Returns what a child takes over from this process beside its command: the user and groups, the mask for new files, the priority. A
 * program may change them while it runs.
 */
export function rights(): unknown[] {
  return [
    () => [process.getuid?.(), process.geteuid?.()],
    () => [process.getgid?.(), process.getegid?.()],
    () => process.getgroups?.(),
    umask,
    () => os().getPriority(),
  ].map((get) => {
    try {
      return get();
    } catch {
      // Deno without --allow-sys can't change it either. Other systems than Linux have no /proc.
      return undefined;
    }
  });
}

// `process.umask()` would set another mask for a moment, in all threads, to learn the present one.
function umask(): string | undefined {
  return /^Umask:.*$/m.exec(readProc("self/status", "latin1"))?.[0];
}
