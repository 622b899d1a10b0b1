import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { getSystemErrorName } from "node:util";
import { CorruptedError, UnsupportedError } from "../../errors.ts";
import { runtime } from "../../runtime/runtime.ts";
import { elfFault } from "./elf.ts";
import { ABI, type Shim, SIGNATURES } from "./shim.ts";

/** The library, or why there is none. */
export interface Loaded {
  readonly shim: Shim | undefined;
  /** Its real path, once it is known to be sound. */
  readonly path: string | undefined;
  /** Why it was taken, or why it wasn't. */
  readonly reason: string;
}

const NAME = "polyproc.node";
let explicit: string | undefined;
let loaded: Loaded | undefined;

/** Names the library's file, in place of the package's own. Throws `UnsupportedError` if another one is loaded already. */
export function setLibrary(path: string): void {
  if (loaded?.shim === undefined) {
    explicit = path;
    loaded = undefined;
  } else if (!existsSync(path) || realpathSync(path) !== loaded.path) {
    throw new UnsupportedError(`A process loads one native library, and this one has loaded ${loaded.path}.`);
  }
}

/**
 * Loads the library, once. What is missing or refused is a reason; a library that is not as it was built is an error.
 *
 * @throws {CorruptedError} for a file of another content, or of another version
 * @throws {UnsupportedError} for a file that others could change, or one that was named and can't be loaded
 */
export function loadLibrary(): Loaded {
  loaded ??= find();
  return loaded;
}

/** The library that this process has loaded. */
export function loadedLibrary(): string | undefined {
  return loaded?.shim === undefined ? undefined : loaded.path;
}

/** The file that is to be loaded: the one that was named, or the package's own. Throws what its runtime throws for what it may not read. */
export function libraryFile(): string | undefined {
  return named() ?? ownLibrary();
}

/** A file's sha256, and whether that is what was written beside it when it was built; undefined where nothing was. */
export function fingerprint(path: string): { readonly sha256: string; readonly asBuilt: boolean | undefined } {
  const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
  const expected = `${path}.sha256`;
  return { sha256, asBuilt: existsSync(expected) ? readFileSync(expected, "utf8").trim() === sha256 : undefined };
}

function find(): Loaded {
  if (process.platform !== "linux") return none(`the native backend is for Linux, and this is ${process.platform}`);
  try {
    return findFile(named());
  } catch (error) {
    if (!isDenied(error)) throw error;
    return none(`the program's permissions keep it from reading the native library: ${error.message}`);
  }
}

function findFile(name: string | undefined): Loaded {
  if (name !== undefined && !isAbsolute(name)) {
    throw new UnsupportedError(`The native library's path must be absolute, received ${JSON.stringify(name)} (POLYPROC_NATIVE).`);
  }
  const path = name ?? ownLibrary();
  const refused = path === undefined ? undefined : runtime.refusesLibrary(path);
  if (refused !== undefined) return none(refused);
  if (path === undefined || !existsSync(path)) {
    if (name !== undefined) throw new UnsupportedError(`The native library ${name} does not exist: correct its path (POLYPROC_NATIVE).`);
    return none("the native library is not built: run `npm run build:native` (it needs a C compiler)");
  }
  const real = realpathSync(path);
  if (name === undefined && dirname(real) !== realpathSync(dirname(path)))
    return none(`${path} is a link to another folder: it is not loaded`);
  checkFile(real, name === undefined);
  const fault = elfFault(readFileSync(real));
  return fault === undefined ? open(real, name !== undefined) : unloadable(real, fault, name !== undefined);
}

function open(path: string, isNamed: boolean): Loaded {
  let shim: Shim;
  try {
    // What is of another version may lack functions, and that is what is to be said of it.
    const first = runtime.openLibrary(path, { pp_abi: SIGNATURES.pp_abi }) as unknown as Shim;
    checkAbi(path, first.pp_abi());
    shim = "pp_probe" in first ? first : (runtime.openLibrary(path, SIGNATURES) as unknown as Shim);
  } catch (error) {
    if (error instanceof CorruptedError) throw error;
    return unloadable(path, error instanceof Error ? error.message : String(error), isNamed, error);
  }
  const feature = new Uint8Array(32);
  const status = shim.pp_probe(feature);
  if (status < 0) {
    const name = new TextDecoder().decode(feature).replace(/\0.*/, "");
    return none(`the kernel refuses ${name} (${getSystemErrorName(status)})`);
  }
  return { shim, path, reason: isNamed ? "the native library that was named loads" : "the native library loads" };
}

function none(reason: string): Loaded {
  return { shim: undefined, path: undefined, reason };
}

function unloadable(path: string, why: string, isNamed: boolean, cause?: unknown): Loaded {
  const reason = `the native library ${path} can't be loaded: ${why}`;
  if (isNamed) throw new UnsupportedError(`${reason}. Build it for this machine with \`npm run build:native\`.`, { cause });
  return none(reason);
}

function checkAbi(path: string, abi: number): void {
  if (abi === ABI) return;
  throw new CorruptedError(
    `The native library ${path} is of version ${abi}, and this package speaks ${ABI}: build it anew with \`npm run build:native\`.`,
  );
}

// Whoever could change the file could run code here.
function checkFile(path: string, own: boolean): void {
  const { uid, mode } = statSync(path);
  if (!trustedOwners().includes(uid)) throw new UnsupportedError(`The native library ${path} belongs to another user: it is not loaded.`);
  if ((mode & 0o022) !== 0)
    throw new UnsupportedError(
      `The native library ${path} can be written by others: it is not loaded. Run: chmod go-w ${JSON.stringify(path)}`,
    );
  const { sha256, asBuilt } = fingerprint(path);
  if (asBuilt === true || (asBuilt === undefined && !own)) return;
  throw new CorruptedError(
    `The native library ${path} is not as it was built (sha256 ${sha256}): build it anew with \`npm run build:native\`.`,
  );
}

// A runtime's own permissions, not the system's.
function isDenied(error: unknown): error is Error {
  return error instanceof Error && (error.name === "NotCapable" || (error as NodeJS.ErrnoException).code === "ERR_ACCESS_DENIED");
}

// Root, this user, and who owns this package's code.
function trustedOwners(): number[] {
  const owners = [0];
  try {
    if (import.meta.url.startsWith("file:")) owners.push(statSync(fileURLToPath(import.meta.url)).uid);
    owners.push(process.geteuid?.() ?? 0);
  } catch {
    // Deno without --allow-sys does not say who this is.
  }
  return owners;
}

// By setLibrary, or by the environment.
function named(): string | undefined {
  try {
    return explicit ?? (process.env.POLYPROC_NATIVE || undefined);
  } catch {
    // Deno without --allow-env.
    return undefined;
  }
}

// Beside the sources, or beside the built JavaScript; never anywhere else.
function ownLibrary(): string | undefined {
  if (!import.meta.url.startsWith("file:")) return undefined;
  const here = dirname(fileURLToPath(import.meta.url));
  const folder = `${process.platform}-${process.arch}`;
  const places = ["../../..", "../../../.."].map((up) => join(here, up, "native/build", folder, NAME));
  return places.find((place) => existsSync(place));
}
