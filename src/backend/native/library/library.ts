import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CorruptedError, UnsupportedError } from "../../../errors/errors.ts";
import { runtime } from "../../../runtime/current.ts";
import { crypto, fs, util } from "../../../util/lazy-modules.ts";
import { packageUrl } from "../../../util/package-urls.ts";
import { elfFault } from "./elf.ts";
import { ABI, type Shim, SIGNATURES } from "./shim.ts";

/** The library, or why there is none. */
export interface Loaded {
  readonly shim: Shim | undefined;
  /** What is known to be sound. */
  readonly checked: Checked | undefined;
  /** Why it was taken, or why it wasn't. */
  readonly reason: string;
}

/** A library that a process has checked. */
export interface Checked {
  readonly path: string;
  /** What changes with the file. */
  readonly mark: string;
}

const NAME = "polyproc.node";
const NOT_BUILT =
  "the native library is not built: run `npm run build:native` in a clone of the repository (it needs a C compiler); a package that is installed takes the file by POLYPROC_NATIVE";
const NOT_A_FILE =
  "the package was loaded from a URL, and a native library is a file: name one with POLYPROC_NATIVE or getContext(method, { library }), or install the package from npm";
let inherited: Checked | undefined;
let explicit: string | undefined;
let loaded: Loaded | undefined;

/** Names the library's file, in packageUrl of the package's own. Throws `UnsupportedError` if another one is loaded already. */
export function setLibrary(path: string): void {
  if (loaded?.shim === undefined) {
    explicit = path;
    loaded = undefined;
  } else if (!fs().existsSync(path) || fs().realpathSync(path) !== loaded.checked?.path) {
    throw new UnsupportedError(`A process loads one native library, and this one has loaded ${loaded.checked?.path}.`);
  }
}

/** In a child: the library that its parent has checked. It need not be read again while it is the same file. */
export function inheritLibrary(checked: Checked): void {
  setLibrary(checked.path);
  inherited = checked;
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
export function loadedLibrary(): Checked | undefined {
  return loaded?.shim === undefined ? undefined : loaded.checked;
}

/** The file that is to be loaded: the one that was named, or the package's own. Throws what its runtime throws for what it may not read. */
export function libraryFile(): string | undefined {
  return named() ?? ownLibrary();
}

/** A file's sha256, and whether that is what was written beside it when it was built; undefined where nothing was. */
export function fingerprint(path: string): { readonly sha256: string; readonly asBuilt: boolean | undefined } {
  const sha256 = crypto().createHash("sha256").update(fs().readFileSync(path)).digest("hex");
  const expected = `${path}.sha256`;
  return { sha256, asBuilt: fs().existsSync(expected) ? fs().readFileSync(expected, "utf8").trim() === sha256 : undefined };
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
  if (path === undefined || !fs().existsSync(path)) {
    if (name !== undefined) throw new UnsupportedError(`The native library ${name} does not exist: correct its path (POLYPROC_NATIVE).`);
    return none(packageUrl.protocol === "file:" ? NOT_BUILT : NOT_A_FILE);
  }
  const real = fs().realpathSync(path);
  if (name === undefined && dirname(real) !== fs().realpathSync(dirname(path)))
    return none(`${path} is a link to another folder: it is not loaded`);
  const checked = { path: real, mark: checkAccess(real) };
  if (checked.path === inherited?.path && checked.mark === inherited.mark) return open(checked, true);
  checkContent(real, name === undefined);
  const fault = elfFault(fs().readFileSync(real));
  return fault === undefined ? open(checked, name !== undefined) : unloadable(real, fault, name !== undefined);
}

function open(checked: Checked, isNamed: boolean): Loaded {
  const { path } = checked;
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
    return none(`the kernel refuses ${name} (${util().getSystemErrorName(status)})`);
  }
  return { shim, checked, reason: isNamed ? "the native library that was named loads" : "the native library loads" };
}

function none(reason: string): Loaded {
  return { shim: undefined, checked: undefined, reason };
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

// Whoever could change the file could run code here. Gives the file's mark.
function checkAccess(path: string): string {
  const { uid, mode, dev, ino, size, mtimeMs, ctimeMs } = fs().statSync(path);
  if (!trustedOwners().includes(uid)) throw new UnsupportedError(`The native library ${path} belongs to another user: it is not loaded.`);
  if ((mode & 0o022) !== 0)
    throw new UnsupportedError(
      `The native library ${path} can be written by others: it is not loaded. Run: chmod go-w ${JSON.stringify(path)}`,
    );
  // As exactly as each runtime tells them.
  return [dev, ino, size, Math.floor(mtimeMs), Math.floor(ctimeMs / 1000)].join(" ");
}

function checkContent(path: string, own: boolean): void {
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
    if (import.meta.url.startsWith("file:")) owners.push(fs().statSync(fileURLToPath(import.meta.url)).uid);
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
  if (packageUrl.protocol !== "file:") return undefined;
  const folder = `${process.platform}-${process.arch}`;
  const files = [".", ".."].map((up) => join(fileURLToPath(packageUrl), up, "native/build", folder, NAME));
  return files.find((file) => fs().existsSync(file));
}
