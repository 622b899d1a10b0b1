import { onProcessExit } from "../exit.ts";
import type { DenoHost } from "./host.ts";

/**
 * Calls back once when this process ends by itself. Deno emits "exit" neither for `Deno.exit()` nor for uncaught errors. It then dispatches
 * "unload", or emits "uncaughtExceptionMonitor".
 */
export function onExit(host: DenoHost | undefined, callback: (code: number) => void): () => void {
  let called = false;
  const call = (code: number): void => {
    if (called) return;
    called = true;
    callback(code);
  };
  const unload = (): void => call(host?.exitCode ?? 0);
  const uncaught = (): void => {
    // The program handles the error itself, and lives on.
    if (process.listenerCount("uncaughtException") === 0) call(1);
  };
  const stop = onProcessExit(call);
  globalThis.addEventListener("unload", unload);
  process.on("uncaughtExceptionMonitor", uncaught);
  return () => {
    stop();
    globalThis.removeEventListener("unload", unload);
    process.off("uncaughtExceptionMonitor", uncaught);
  };
}
