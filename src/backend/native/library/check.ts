import type { Stats } from "node:fs";
import { fileURLToPath } from "node:url";
import { CorruptedError, UnsupportedError } from "../../../errors/errors.ts";
import { crypto, fs } from "../../../util/lazy-modules.ts";
import { ABI } from "./functions.ts";

/** A library that a process has checked. */
export interface CheckedLibrary {
  readonly path: string;
  /** A text that changes whenever the file changes. */
  readonly mark: string;
}

/**
 * Checks that only this user, root, and those who can change the package's code can change the file, because whoever can change it can run
 * code in this process. Returns the file's mark.
 */
export function checkAccess(path: string): string {
  const { uid, gid, mode, dev, ino, size, mtimeMs, ctimeMs } = fs().statSync(path);
  // The library's file belongs neither to root, nor to this user, nor to the owner of the package.
  if (!trustedOwners().includes(uid)) throw new UnsupportedError(`The native library ${path} belongs to another user: it is not loaded.`);
  if ((mode & 0o022 & ~writersOfPackage(gid)) !== 0)
    // The permissions of the library's file allow the group or all users to write, and those of the package's code do not.
    throw new UnsupportedError(
      `The native library ${path} can be written by others: it is not loaded. Run: chmod go-w ${JSON.stringify(path)}`,
    );
  // The runtimes report times with different precision, so the finer digits are dropped.
  return [dev, ino, size, Math.floor(mtimeMs), Math.floor(ctimeMs / 1000)].join(" ");
}

/** Compares the file with the sha256 file that its build wrote. A library that the program named needs no such file. */
export function checkContent(path: string, isNamed: boolean): void {
  const { sha256, asBuilt } = fingerprint(path);
  if (asBuilt === true || (asBuilt === undefined && isNamed)) return;
  // The library was changed after it was built, or its sha256 file is missing.
  throw new CorruptedError(
    `The native library ${path} is not as it was built (sha256 ${sha256}): build it again with \`npm run build:native\`.`,
  );
}

/** Returns a file's sha256, and whether it matches the one that the build wrote: `undefined` if the build wrote none. */
export function fingerprint(path: string): { readonly sha256: string; readonly asBuilt: boolean | undefined } {
  const sha256 = crypto().createHash("sha256").update(fs().readFileSync(path)).digest("hex");
  const expected = `${path}.sha256`;
  return { sha256, asBuilt: fs().existsSync(expected) ? fs().readFileSync(expected, "utf8").trim() === sha256 : undefined };
}

export function checkAbi(path: string, abi: number): void {
  if (abi === ABI) return;
  // The library was built from another version of the sources.
  throw new CorruptedError(
    `The native library ${path} is of version ${abi}, and this package speaks ${ABI}: build it anew with \`npm run build:native\`.`,
  );
}

function trustedOwners(): number[] {
  const owners = [0, ownFile()?.uid ?? 0];
  try {
    owners.push(process.geteuid?.() ?? 0);
  } catch {
    // Deno without --allow-sys does not tell the id of this user.
  }
  return owners;
}

// Returns the bits of a mode for those besides its owner who may write this package's code, so that their right to write a file of this
// group adds nothing. A user whose new files are writable for a group, as on Fedora, installs the package so.
function writersOfPackage(gid: number): number {
  const own = ownFile();
  if (own === undefined) return 0;
  return own.mode & (own.gid === gid ? 0o022 : 0o002);
}

function ownFile(): Stats | undefined {
  try {
    return fs().statSync(fileURLToPath(import.meta.url));
  } catch {
    // The code comes from a URL, or Deno may not read it.
    return undefined;
  }
}
