import { join } from "node:path";
import { fs, net, os } from "../builtins.ts";
import { randomName } from "../random.ts";

const PREFIX = "polyproc-";
// A younger folder may belong to a program that is still starting.
const SWEEP_AGE = 10_000;

function temporary(): string {
  try {
    return os().tmpdir();
  } catch {
    // Deno without --allow-env.
    return "/tmp";
  }
}

/** A new private folder (mode 0700) for the sockets of a process tree. */
export function makeFolder(): string {
  return fs().mkdtempSync(join(temporary(), PREFIX));
}

/** A new address for a hub: a socket in the folder, a named pipe on Windows. */
export function makeAddress(folder: string): string {
  const name = randomName(8);
  return process.platform === "win32" ? `\\\\.\\pipe\\${PREFIX}${name}` : join(folder, `${name}.sock`);
}

/** Only this user may connect. */
export function restrict(address: string): void {
  if (process.platform !== "win32") fs().chmodSync(address, 0o600);
}

/** Removes a socket, or a folder with all that is in it; what is gone already is no error. */
export function remove(path: string): void {
  for (let tries = 0; tries < 2; tries++)
    try {
      fs().rmSync(path, { recursive: true, force: true });
      return;
    } catch {
      // Somebody else removes it at this moment, or the system was short of something.
    }
}

/** Removes the folders of this user's trees in which nobody listens any more: all of a tree can be killed at once. */
export function sweep(own: string): void {
  try {
    const parent = temporary();
    const { uid } = fs().lstatSync(own);
    for (const name of fs().readdirSync(parent)) {
      const folder = join(parent, name);
      if (name.startsWith(PREFIX) && folder !== own) sweepFolder(folder, uid);
    }
  } catch {
    // A folder that can't be listed is not ours to clean.
  }
}

function sweepFolder(folder: string, uid: number): void {
  const stat = fs().lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isDirectory() || stat.uid !== uid || Date.now() - stat.mtimeMs < SWEEP_AGE) return;
  let names: string[];
  try {
    names = fs().readdirSync(folder);
  } catch {
    return;
  }
  let refused = 0;
  const count = (): void => {
    if (++refused === names.length) remove(folder);
  };
  if (names.length === 0) remove(folder);
  for (const name of names) {
    const socket = net().connect(join(folder, name));
    socket.unref();
    socket.on("connect", () => socket.destroy());
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") count();
    });
  }
}
