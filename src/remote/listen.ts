import type { Server } from "node:net";
import { ClosedError, StateError } from "../errors/errors.ts";
import { withRoomForMany } from "../runtime/named-pipes.ts";
import { platform } from "../runtime/platform.ts";
import { restrict } from "../tree/folder.ts";
import { isOutOfFiles, noFileLeft } from "../util/out-of-files.ts";
import { type Address, resolveAddress, textOf } from "./address.ts";
import { reasonOf } from "./reason.ts";

/** Makes a server listen. Only this user can connect to a Unix socket, from its first moment on. */
export async function listenAt(server: Server, address: Address, backlog: number | undefined, isClosed: () => boolean): Promise<void> {
  const resolved = await resolveAddress(address);
  if (isClosed()) throw closedEarly();
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", (error) => reject(reasonOf(error)));
    server.once("close", () => reject(closedEarly()));
    const umask = "path" in resolved && platform.hasSocketFiles ? setPrivateUmask() : undefined;
    try {
      withRoomForMany(() => server.listen({ ...resolved, ...(backlog === undefined ? {} : { backlog }) }));
    } finally {
      if (umask !== undefined) process.umask(umask);
    }
  });
  if ("path" in resolved) restrict(resolved.path);
}

function closedEarly(): ClosedError {
  return new ClosedError("The listener was closed before it listened.");
}

// Returns the old umask. A worker thread may not set the umask. There, only the file mode that is set right afterwards protects the socket.
function setPrivateUmask(): number | undefined {
  try {
    return process.umask(0o177);
  } catch {
    return undefined;
  }
}

/** Makes the caller's error for a `listenAt` that failed. */
export function cantListen(address: Address, cause: unknown): Error {
  const text = textOf(address);
  const { code, message } = cause as NodeJS.ErrnoException;
  if (isOutOfFiles(cause)) return new StateError(`Can't listen at ${text}: ${noFileLeft}`, { cause });
  if (code !== "EADDRINUSE") return new StateError(`Can't listen at ${text}: ${message}.`, { cause });
  const left =
    typeof address === "string" && platform.hasSocketFiles
      ? ", or its file was left by a listener that was killed (if so, remove the file first)"
      : "";
  return new StateError(`The address ${text} is in use by another listener${left}: choose another address.`, { cause });
}
