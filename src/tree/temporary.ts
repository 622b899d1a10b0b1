import { join } from "node:path";
import { ProcessError } from "../errors/errors.ts";
import { platform } from "../runtime/platform.ts";
import { absolute } from "../runtime/start-folder.ts";
import { fs, os } from "../util/lazy-modules.ts";

/** The number of bytes that this package adds to the path of a tree's folder for its longest path of a socket, such as "/0123456789abcdef.sock.k". */
const NAME_LENGTH = 24;

/** Returns the temporary folder. A relative path means the folder in which the program was started. */
export function temporary(): string {
  try {
    return absolute(os().tmpdir());
  } catch (error) {
    // Deno without --allow-env can't read TMPDIR.
    const [other] = platform.otherTemporaryFolders;
    if (other === undefined) throw error;
    return other;
  }
}

/**
 * Makes a folder, with a name that begins so, in the temporary folder. If that is missing, can't be written, or has a path that is too long
 * for sockets, the folder is made elsewhere.
 */
export function makeTemporary(prefix: string): string {
  const first = temporary();
  const refusals: string[] = [];
  let cause: unknown;
  for (const parent of new Set([first, ...platform.otherTemporaryFolders])) {
    const tooLong = Buffer.byteLength(join(parent, `${prefix}XXXXXX`)) + NAME_LENGTH - platform.longestSocketPath;
    try {
      if (tooLong <= 0) return fs().mkdtempSync(join(parent, prefix));
      refusals.push(`the path of ${parent} is ${tooLong} bytes too long for sockets`);
    } catch (error) {
      cause ??= error;
      refusals.push((error as Error).message);
    }
  }
  // The runtime's own refusal names the permission that the program needs.
  if (cause instanceof Error && cause.name === "NotCapable") throw cause;
  throw new ProcessError(
    `No folder can be used for sockets (${refusals.join("; ")}): set TMPDIR to a folder that exists and that this program may write.`,
    { cause },
  );
}
