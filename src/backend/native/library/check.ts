import { fileURLToPath } from "node:url";
import { CorruptedError, UnsupportedError } from "../../../errors/errors.ts";
import { crypto, fs } from "../../../util/lazy-modules.ts";
import { ABI } from "./functions.ts";

/** A library that a process has checked. */
export interface CheckedLibrary {
  readonly path: string;
  /** Changes whenever the file does. */
  readonly mark: string;
}

/**
 * Checks that nobody but this user, the owner of the package and root can change the file: others could run code here. Gives the file's
 * mark.
 */
export function checkAccess(path: string): string {
  const { uid, mode, dev, ino, size, mtimeMs, ctimeMs } = fs().statSync(path);
  // The library's file is neither root's, nor this user's, nor of the owner of the package.
  if (!trustedOwners().includes(uid)) throw new UnsupportedError(`The native library ${path} belongs to another user: it is not loaded.`);
  if ((mode & 0o022) !== 0)
    // The permissions of the library's file let the group or everybody write.
    throw new UnsupportedError(
      `The native library ${path} can be written by others: it is not loaded. Run: chmod go-w ${JSON.stringify(path)}`,
    );
  // The runtimes tell times with different precision.
  return [dev, ino, size, Math.floor(mtimeMs), Math.floor(ctimeMs / 1000)].join(" ");
}

/** Compares the file with the sha256 that its build wrote. A library that the program named may come without one. */
export function checkContent(path: string, isNamed: boolean): void {
  const { sha256, asBuilt } = fingerprint(path);
  if (asBuilt === true || (asBuilt === undefined && isNamed)) return;
  // The library was changed after it was built, or its sha256 file is missing.
  throw new CorruptedError(
    `The native library ${path} is not as it was built (sha256 ${sha256}): build it again with \`npm run build:native\`.`,
  );
}

/** A file's sha256, and whether the build wrote the same one beside it; `undefined` where there is none. */
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
  const owners = [0];
  try {
    if (import.meta.url.startsWith("file:")) owners.push(fs().statSync(fileURLToPath(import.meta.url)).uid);
    owners.push(process.geteuid?.() ?? 0);
  } catch {
    // Deno without --allow-sys does not say which user this is.
  }
  return owners;
}
