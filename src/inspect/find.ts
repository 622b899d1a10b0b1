import { constants } from "node:fs";
import { join } from "node:path";
import type { SeenProcess } from "../backend/contract/inspect.ts";
import { openFilePath, openFiles, processesOfUser } from "../runtime/processes.ts";
import { foldersOfUser, PAGE } from "../tree/folder.ts";
import { MOST_PAGE, readPage } from "../tree/page.ts";
import { fieldsOf, pidOf } from "../util/checked.ts";
import { fs } from "../util/lazy-modules.ts";

/** A process of this package, and the pages that it has written: one for each thread that has made or joined a tree. */
export interface FoundProcess extends SeenProcess {
  readonly pages: readonly Readonly<Record<string, unknown>>[];
}

/** The name of the memory files of this package. */
const MEMORY = "/memfd:polyproc (deleted)";
const GONE = " (deleted)";
// A page that is being written is read again.
const TRIES = 5;

/** Finds the processes of this user that use this package. */
export function findProcesses(): FoundProcess[] {
  const all = processesOfUser();
  return all.length > 0 ? all.flatMap((pid) => byOpenFiles(pid) ?? []) : byFolders();
}

// Each process has its page open. So it is found wherever its temporary folder is, and also if that was emptied.
function byOpenFiles(pid: number): FoundProcess | undefined {
  const files = openFiles(pid);
  const pages: Readonly<Record<string, unknown>>[] = [];
  let address: string | undefined;
  let usesMemory = false;
  for (const [fd, name] of files) {
    if (name === MEMORY) usesMemory = true;
    const path = name.endsWith(GONE) ? name.slice(0, -GONE.length) : name;
    if (!path.endsWith(PAGE)) continue;
    const facts = pageAt(openFilePath(pid, fd));
    if (facts === undefined || facts.pid !== pid) continue;
    pages.push(facts);
    address ??= addressOf(path);
  }
  return usesMemory || pages.length > 0 ? { pid, files, pages, address } : undefined;
}

function byFolders(): FoundProcess[] {
  const found = new Map<number, FoundProcess>();
  for (const folder of foldersOfUser()) {
    for (const name of fs().readdirSync(folder)) {
      if (!name.endsWith(PAGE)) continue;
      const path = join(folder, name);
      const facts = pageAt(path);
      const pid = pidOf(facts?.pid);
      if (facts === undefined || pid === null || !isAlive(pid)) continue;
      const pages = [...(found.get(pid)?.pages ?? []), facts];
      found.set(pid, { pid, files: new Map(), pages, address: found.get(pid)?.address ?? addressOf(path) });
    }
  }
  return [...found.values()];
}

function addressOf(page: string): string {
  return `${page.slice(0, -PAGE.length)}.sock`;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

// Something else may have come to the place meanwhile. So the file is opened in a way that neither waits nor changes anything.
function pageAt(path: string): Readonly<Record<string, unknown>> | undefined {
  let file: number | undefined;
  try {
    file = fs().openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
    const stat = fs().fstatSync(file);
    if (!stat.isFile() || stat.uid !== process.geteuid?.()) return undefined;
    for (let tries = 0; tries < TRIES; tries++) {
      const bytes = new Uint8Array(Math.min(fs().fstatSync(file).size, MOST_PAGE));
      const facts = readPage(bytes.subarray(0, fs().readSync(file, bytes, 0, bytes.length, 0)));
      if (facts !== undefined) return fieldsOf(facts);
    }
  } catch {
    // The process has ended.
  } finally {
    if (file !== undefined) fs().closeSync(file);
  }
  return undefined;
}
