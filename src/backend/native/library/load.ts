import { dirname, isAbsolute } from "node:path";
import { CorruptedError, UnsupportedError } from "../../../errors/errors.ts";
import { runtime } from "../../../runtime/current.ts";
import { setBlockingClock } from "../../../util/blocking.ts";
import { fs, util } from "../../../util/lazy-modules.ts";
import { type CheckedLibrary, checkAbi, checkAccess, checkContent } from "./check.ts";
import { elfFault } from "./elf.ts";
import { ENOENT } from "./errno.ts";
import { libraryOfEnvironment, notFound, ownLibrary } from "./find.ts";
import { type Shim, SIGNATURES } from "./functions.ts";

/** The library of this process. */
export interface Library {
  readonly shim: Shim;
  readonly checked: CheckedLibrary;
}

/** The library, or `undefined`, with the reason. */
export interface LoadResult {
  readonly library: Library | undefined;
  readonly reason: string;
}

let chosen: string | undefined;
let inherited: CheckedLibrary | undefined;
let result: LoadResult | undefined;

/** Chooses the library's file instead of the package's own. Throws `UnsupportedError` if another one is loaded already. */
export function setLibrary(path: string): void {
  const loaded = result?.library?.checked.path;
  if (loaded === undefined) {
    chosen = path;
    result = undefined;
  } else if (!fs().existsSync(path) || fs().realpathSync(path) !== loaded) {
    // A program asks for another library after one was loaded.
    throw new UnsupportedError(`A process loads one native library, and this one has loaded ${loaded}.`);
  }
}

/** In a child: uses the library that the parent has checked. The file is not read again while its mark is the same. */
export function inheritLibrary(checked: CheckedLibrary): void {
  setLibrary(checked.path);
  inherited = checked;
}

/**
 * Loads the library once. If it is missing, or may not be loaded, the result has the reason, and no error is thrown.
 *
 * @throws {CorruptedError} if the file was changed after its build, or belongs to another version
 * @throws {UnsupportedError} if other users can change the file, or if the program named a file that can't be loaded
 */
export function loadLibrary(): LoadResult {
  result ??= load();
  return result;
}

/** Returns the file that this process loads, or would load. Throws the runtime's error if the program may not read the file. */
export function fileToLoad(): string | undefined {
  return namedFile() ?? ownLibrary();
}

function namedFile(): string | undefined {
  return chosen ?? libraryOfEnvironment();
}

function load(): LoadResult {
  if (process.platform !== "linux") return none(`the native backend is for Linux, and this is ${process.platform}`);
  try {
    return loadFile(namedFile());
  } catch (error) {
    if (!isDenied(error)) throw error;
    return none(`the program's permissions keep it from reading the native library: ${error.message}`);
  }
}

function loadFile(named: string | undefined): LoadResult {
  if (named !== undefined && !isAbsolute(named)) {
    // POLYPROC_NATIVE, or the `library` of a context, is a relative path.
    throw new UnsupportedError(`The native library's path must be absolute, received ${JSON.stringify(named)} (POLYPROC_NATIVE).`);
  }
  const path = named ?? ownLibrary();
  const refused = path === undefined ? undefined : runtime.refusesLibrary(path);
  if (refused !== undefined) return none(refused);
  if (path === undefined || !fs().existsSync(path)) {
    // The program named a file that is not there.
    if (named !== undefined) throw new UnsupportedError(`The native library ${named} does not exist: correct its path (POLYPROC_NATIVE).`);
    return none(notFound());
  }
  const real = fs().realpathSync(path);
  if (named === undefined && dirname(real) !== fs().realpathSync(dirname(path)))
    return none(`${path} is a link to another folder: it is not loaded`);
  const checked = { path: real, mark: checkAccess(real) };
  if (checked.path === inherited?.path && checked.mark === inherited.mark) return open(checked, true);
  checkContent(real, named !== undefined);
  const fault = elfFault(fs().readFileSync(real));
  return fault === undefined ? open(checked, named !== undefined) : unloadable(real, fault, named !== undefined);
}

function open(checked: CheckedLibrary, isNamed: boolean): LoadResult {
  const { path } = checked;
  let shim: Shim;
  try {
    // A library of another version may lack functions. Its version is read first, so that the error can say that it is another version.
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
    if (status === ENOENT && !fs().existsSync("/proc/self")) return none("/proc is not mounted, and the native backend needs it");
    const name = new TextDecoder().decode(feature).replace(/\0.*/, "");
    return none(`the kernel refuses ${name} (${util().getSystemErrorName(status)})`);
  }
  setBlockingClock(clockOf(shim));
  const reason = isNamed ? "the native library that was named loads" : "the native library loads";
  return { library: { shim, checked }, reason };
}

// Returns the system's clock, in milliseconds.
function clockOf(shim: Shim): () => number {
  const microseconds = new BigInt64Array(1);
  return () => {
    shim.pp_clock(microseconds);
    return Number(microseconds[0]) / 1000;
  };
}

function none(reason: string): LoadResult {
  return { library: undefined, reason };
}

function unloadable(path: string, why: string, isNamed: boolean, cause?: unknown): LoadResult {
  const reason = `the native library ${path} can't be loaded: ${why}`;
  // The program named a file that is not a library for this machine, or that needs something which the system does not have.
  if (isNamed) throw new UnsupportedError(`${reason}. Build it for this machine with \`npm run build:native\`.`, { cause });
  return none(reason);
}

// Whether the runtime's own permissions caused the error, and not those of the system.
function isDenied(error: unknown): error is Error {
  return error instanceof Error && (error.name === "NotCapable" || (error as NodeJS.ErrnoException).code === "ERR_ACCESS_DENIED");
}
