import { platform } from "./platform.ts";

const VARIABLE = "NODE_PENDING_PIPE_INSTANCES";
// The most that a named pipe of Windows can have.
const MOST = "254";

/**
 * Calls `listen`, which makes a server listen at a path. On Windows, Node and Deno prepare only 4 connections to a named pipe in advance: more
 * that come at once wait in vain, and Deno never serves more than that. The runtimes read the number from a variable, which is set meanwhile.
 */
export function withRoomForMany<T>(listen: () => T): T {
  if (platform.hasSocketFiles || process.env[VARIABLE] !== undefined) return listen();
  process.env[VARIABLE] = MOST;
  try {
    return listen();
  } finally {
    delete process.env[VARIABLE];
  }
}
