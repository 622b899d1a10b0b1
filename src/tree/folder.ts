import type { Stats } from "node:fs";
import { dirname, join } from "node:path";
import { note } from "../observe/events.ts";
import { platform } from "../runtime/platform.ts";
import { date } from "../util/clock.ts";
import { fs, net } from "../util/lazy-modules.ts";
import { randomName } from "../util/random.ts";
import { isBound } from "./bound.ts";
import { makeTemporary, temporary } from "./temporary.ts";

const PREFIX = "polyproc-";
const MARK = ".end";
/** The file by which a tree's folder is known. */
export const SIGN: string = ".polyproc-tree";
// The names of the folders that mkdtemp makes.
const NAME = new RegExp(`^${PREFIX}[A-Za-z0-9]{6}$`);
/** The end of the names of files that count processes. */
export const COUNTING = ".counted";
/** The end of the names of bells, by which processes wake each other's event loops. */
export const BELL = ".b";
/** The end of the names of pages, on which processes tell of themselves. */
export const PAGE = ".page";
/** The end of the names of files in which workers of pools note their tasks. */
export const BEGUN = ".begun";
// A folder that is younger than this number of milliseconds may belong to a program that is still starting, so it stays.
const SWEEP_AGE = 10_000;

/**
 * Makes a private folder (mode 0700) for the sockets of a process tree. Where sockets are not files, this only chooses its path, because most
 * trees never put a file there.
 */
export function makeFolder(): string {
  if (!platform.hasSocketFiles) return join(temporary(), `${PREFIX}${randomName(8)}`);
  const folder = makeTemporary(PREFIX);
  sign(folder);
  return folder;
}

// Marks the folder as one of this package's. Without the mark it is never swept, because another program may use such a name, too.
function sign(folder: string): void {
  try {
    fs().writeFileSync(join(folder, SIGN), "", { mode: 0o600 });
  } catch {
    // The file system is full. Then the folder is not swept if the whole tree is killed.
  }
}

/**
 * Makes the folder again if it is gone: a program may clean the temporary folder, and while no process listens in the folder, a sweep of
 * another program may take it for a dead tree's. Returns whether this process can use the folder, and nobody else.
 *
 * @param contents what is about to be put there; sockets that are not files need no folder
 */
export function keepFolder(folder: string, contents: "sockets" | "files"): boolean {
  if (contents === "sockets" && !platform.hasSocketFiles) return true;
  try {
    if (!fs().existsSync(folder)) {
      fs().mkdirSync(folder, { recursive: true, mode: 0o700 });
      sign(folder);
    }
    const stat = fs().lstatSync(folder);
    // A user's temporary folder on Windows is private, and files have no modes there.
    if (!platform.hasSocketFiles) return stat.isDirectory();
    return isPrivate(stat) && isOurs(stat);
  } catch {
    return false;
  }
}

/** Whether a file is gone, and not only out of reach. */
export function isGone(path: string): boolean {
  try {
    return platform.hasSocketFiles && fs().statSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

// On Deno without --allow-sys, the user is not known. Nobody else can use a folder of another user with mode 0700, but a root process could.
function isOurs(stat: Stats): boolean {
  try {
    const user = process.geteuid?.();
    return user === undefined || user === stat.uid;
  } catch {
    return true;
  }
}

function isPrivate(stat: Stats): boolean {
  return stat.isDirectory() && (stat.mode & 0o777) === 0o700;
}

/** Returns a new address for a hub: a socket in the folder, or a named pipe on Windows. */
export function makeAddress(folder: string): string {
  const name = randomName(8);
  return platform.hasSocketFiles ? join(folder, `${name}.sock`) : `\\\\.\\pipe\\${PREFIX}${name}`;
}

/** Returns a new path for the mark that a child leaves when it exits. */
export function makeMark(folder: string): string {
  return join(folder, `${randomName(8)}${MARK}`);
}

/** Lets only this user connect to a socket. */
export function restrict(address: string): void {
  if (platform.hasSocketFiles) fs().chmodSync(address, 0o600);
}

/** Removes a socket, or a folder with its contents. If the path is gone already, this does nothing. */
export function remove(path: string): void {
  for (let tries = 0; tries < 2; tries++)
    try {
      removeUnsigned(path);
      fs().rmSync(path, { recursive: true, force: true });
      return;
    } catch {
      // Another process may be removing it too, or the system was short of a resource. Try once more.
    }
}

// The sign goes last. If this process is killed before that, the next sweep removes the rest.
function removeUnsigned(path: string): void {
  if (!fs().existsSync(join(path, SIGN))) return;
  for (const name of fs().readdirSync(path)) if (name !== SIGN) fs().rmSync(join(path, name), { recursive: true, force: true });
}

/** Returns the folders of this user's trees in the folders for temporary files. */
export function foldersOfUser(): string[] {
  if (!platform.hasSocketFiles) return [];
  return [...new Set([temporary(), ...platform.otherTemporaryFolders])].flatMap((parent) => {
    try {
      return fs()
        .readdirSync(parent)
        .filter((name) => NAME.test(name))
        .map((name) => join(parent, name))
        .filter((folder) => {
          const stat = fs().lstatSync(folder, { throwIfNoEntry: false });
          return stat !== undefined && isPrivate(stat) && isOurs(stat);
        });
    } catch {
      return [];
    }
  });
}

/** Removes the folders of this user's trees in which no process listens any more. That happens when a whole tree is killed at once. */
export function sweep(own: string): void {
  // Without sockets in it, a folder does not tell whether its tree is alive.
  if (!platform.hasSocketFiles) return;
  try {
    const parent = dirname(own);
    const { uid } = fs().lstatSync(own);
    for (const name of fs().readdirSync(parent)) {
      const folder = join(parent, name);
      if (NAME.test(name) && folder !== own) sweepFolder(folder, uid);
    }
  } catch {
    // This process can't list the temporary folder, so it can't clean it up.
  }
}

// Removes one folder if no process listens on its sockets. A folder without this package's sign stays, and so does one with files that are not
// of this package's kinds.
function sweepFolder(folder: string, uid: number): void {
  const stat = fs().lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined || !isPrivate(stat) || stat.uid !== uid || date() - stat.mtimeMs < SWEEP_AGE) return;
  let paths: string[];
  let sockets: string[];
  try {
    paths = fs()
      .readdirSync(folder)
      .map((name) => join(folder, name));
    sockets = paths.filter((path) => !path.endsWith(BELL) && fs().lstatSync(path).isSocket());
    const isOurs = (path: string): boolean =>
      sockets.includes(path) ||
      path.endsWith(COUNTING) ||
      path.endsWith(BEGUN) ||
      path.endsWith(BELL) ||
      path.endsWith(PAGE) ||
      isMark(path);
    if (!paths.includes(join(folder, SIGN)) || !paths.every(isOurs)) return;
  } catch {
    return;
  }
  let refused = 0;
  const count = (): void => {
    if (++refused === sockets.length) removeDead(folder, paths);
  };
  if (sockets.length === 0) removeDead(folder, paths);
  // On Bun, a connection to a socket of another type seems refused, although a process listens.
  if (sockets.some((path) => isBound(path))) return;
  for (const path of sockets) {
    const socket = net().connect(path);
    socket.unref();
    socket.on("connect", () => socket.destroy());
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") count();
    });
  }
}

function isMark(path: string): boolean {
  const stat = fs().lstatSync(path);
  return (path.endsWith(MARK) || path.endsWith(SIGN)) && stat.isFile() && stat.size === 0;
}

function removeDead(folder: string, paths: readonly string[]): void {
  try {
    const signLast = paths.toSorted((one, other) => Number(one.endsWith(SIGN)) - Number(other.endsWith(SIGN)));
    for (const path of signLast) fs().unlinkSync(path);
    fs().rmdirSync(folder);
    note("info", () => `removed ${folder}, which a tree that was killed had left`);
  } catch {
    // Another process is removing the folder too, or uses it again.
  }
}
