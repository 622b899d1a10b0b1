import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CorruptedError, UnsupportedError } from "../../errors.ts";
import { runtime } from "../../runtime/runtime.ts";
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
  if (loaded?.shim !== undefined && loaded.path !== realpathSync(path)) {
    throw new UnsupportedError(`A process loads one native library, and this one has loaded ${loaded.path}.`);
  }
  if (explicit !== path) loaded = undefined;
  explicit = path;
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

function find(): Loaded {
  const none = (reason: string): Loaded => ({ shim: undefined, path: undefined, reason });
  if (process.platform !== "linux") return none(`the native backend is for Linux, and this is ${process.platform}`);
  const named = explicit ?? fromEnvironment();
  const path = named ?? ownLibrary();
  const refused = path === undefined ? undefined : runtime.refusesLibrary(path);
  if (refused !== undefined) return none(refused);
  if (path === undefined || !existsSync(path)) {
    if (named !== undefined) throw new UnsupportedError(`The native library ${named} does not exist: correct its path (POLYPROC_NATIVE).`);
    return none("the native library is not built: run `npm run build:native` (it needs a C compiler)");
  }
  const real = realpathSync(path);
  checkFile(real, named === undefined);
  return open(real, named !== undefined);
}

function open(path: string, named: boolean): Loaded {
  let shim: Shim;
  try {
    shim = runtime.openLibrary(path, SIGNATURES) as unknown as Shim;
  } catch (error) {
    const why = `the native library ${path} can't be loaded: ${error instanceof Error ? error.message : String(error)}`;
    if (named) throw new UnsupportedError(`${why}. Build it for this machine with \`npm run build:native\`.`, { cause: error });
    return { shim: undefined, path, reason: why };
  }
  const abi = shim.pp_abi();
  if (abi !== ABI)
    throw new CorruptedError(
      `The native library ${path} is of version ${abi}, and this package speaks ${ABI}: build it anew with \`npm run build:native\`.`,
    );
  const feature = new Uint8Array(32);
  const status = shim.pp_probe(feature);
  if (status < 0) {
    const name = new TextDecoder().decode(feature).replace(/\0.*/, "");
    return { shim: undefined, path, reason: `the kernel refuses ${name} (errno ${-status})` };
  }
  return { shim, path, reason: named ? "the native library that was named loads" : "the native library loads" };
}

// Whoever could change the file could run code here.
function checkFile(path: string, own: boolean): void {
  const { uid, mode } = statSync(path);
  if (!trustedOwners().includes(uid)) throw new UnsupportedError(`The native library ${path} belongs to another user: it is not loaded.`);
  if ((mode & 0o022) !== 0)
    throw new UnsupportedError(
      `The native library ${path} can be written by others: it is not loaded. Run: chmod go-w ${JSON.stringify(path)}`,
    );
  const expected = `${path}.sha256`;
  if (!own && !existsSync(expected)) return;
  const hash = createHash("sha256").update(readFileSync(path)).digest("hex");
  if (!existsSync(expected) || readFileSync(expected, "utf8").trim() !== hash) {
    throw new CorruptedError(
      `The native library ${path} is not as it was built (sha256 ${hash}): build it anew with \`npm run build:native\`.`,
    );
  }
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

function fromEnvironment(): string | undefined {
  try {
    return process.env.POLYPROC_NATIVE || undefined;
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
  try {
    return places.find((place) => existsSync(place));
  } catch {
    return places[0];
  }
}
