import { join } from "node:path";
import { ProcessError } from "../errors/errors.ts";
import { absolute } from "../runtime/start-folder.ts";
import { fs, os } from "../util/lazy-modules.ts";

/** The longest path of a socket in bytes. The systems have 108 and 104 bytes for it, with a zero at the end. */
export const LONGEST_PATH: number = process.platform === "linux" ? 107 : 103;

/** The number of bytes that this package adds to the path of a tree's folder for its longest path of a socket, such as "/0123456789abcdef.sock.k". */
const NAME_LENGTH = 24;

// Folders for sockets where the temporary folder can't be used. A container that may only be read often has the last one.
const OTHERS = ["/tmp", "/var/tmp", "/dev/shm"];

/** Returns the temporary folder. A relative path means the folder in which the program was started. */
export function temporary(): string {
  try {
    return absolute(os().tmpdir());
  } catch {
    // Deno without --allow-env can't read TMPDIR.
    return "/tmp";
  }
}

/**
 * Makes a folder, with a name that begins so, in the temporary folder. If that is missing, can't be written, or has a path that is too long
 * for sockets, the folder is made elsewhere.
 */
export function makeTemporary(prefix: string): string {
  const first = temporary();
  if (process.platform === "win32") return fs().mkdtempSync(join(first, prefix));
  const refusals: string[] = [];
  let cause: unknown;
  for (const parent of new Set([first, ...OTHERS])) {
    const tooLong = Buffer.byteLength(join(parent, `${prefix}XXXXXX`)) + NAME_LENGTH - LONGEST_PATH;
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
