import { join } from "node:path";
import { fs } from "../util/lazy-modules.ts";
import { randomName } from "../util/random.ts";
import { COUNTING, keepFolder, remove } from "./folder.ts";

/**
 * The file by which the processes of a tree count one of them. It lies in the tree's folder, where all of them see it. The parent removes
 * it when the process has ended. If the parent is gone, the process removes it before it ends, as it does with its sockets.
 */
export class CountingFile {
  readonly path: string;
  readonly #folder: string;
  #exists = false;
  #pid = "";

  constructor(folder: string) {
    this.#folder = folder;
    this.path = join(folder, `${randomName(8)}${COUNTING}`);
  }

  /**
   * Counts the process. Returns false, and does not count it, if `most` processes are counted already. The file is made before the others
   * are counted, so that processes that do this at the same time never exceed the limit together.
   */
  add(most: number): boolean {
    if (this.#exists) return true;
    keepFolder(this.#folder, "files");
    this.#exists = true;
    this.#write();
    if (this.#files().length > most && this.#files().filter(countsLiving).length > most) this.remove();
    return this.#exists;
  }

  /** Records the pid of the process. By it, others recognise the file of a process that was killed together with its parent. */
  setPid(pid: number): void {
    this.#pid = String(pid);
    if (this.#exists) this.#write();
  }

  /** Stops counting the process. */
  remove(): void {
    if (this.#exists) remove(this.path);
    this.#exists = false;
  }

  #write(): void {
    fs().writeFileSync(this.path, this.#pid, { mode: 0o600 });
  }

  #files(): string[] {
    return fs()
      .readdirSync(this.#folder)
      .filter((name) => name.endsWith(COUNTING))
      .map((name) => join(this.#folder, name));
  }
}

/** Whether the process that a file counts may be alive. The file of a dead process is removed. */
function countsLiving(file: string): boolean {
  try {
    // The file is empty while its process is being started.
    const pid = Number(fs().readFileSync(file, "utf8"));
    if (pid > 0) process.kill(pid, 0);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ESRCH") remove(file);
    // Any other error, such as a missing permission, says nothing about the process.
    return code !== "ESRCH" && code !== "ENOENT";
  }
}
