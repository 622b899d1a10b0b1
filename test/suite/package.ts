import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { tested } from "./code.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const CONTENT = ["package.json", "deno.json", "src", "test/programs"];
const FOLDER = join("native/build", `${process.platform}-${process.arch}`);

/** The library that was built in this repository. */
export const builtLibrary: string = join(root, FOLDER, "polyproc.node");

/** A copy of this package, as a runtime's tests use it, with a copy of the native library that a test may damage. */
export class Package {
  readonly root: string = mkdtempSync(join(tmpdir(), "pp-package-"));
  readonly library: string = join(this.root, FOLDER, "polyproc.node");
  readonly #extension: string;

  constructor() {
    const mod = fileURLToPath(tested.module("mod"));
    this.#extension = extname(mod);
    for (const path of [`mod${this.#extension}`, ...CONTENT]) {
      const from = join(dirname(mod), path);
      if (existsSync(from)) cpSync(from, join(this.root, path), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(this.root, "node_modules"));
    mkdirSync(join(this.root, FOLDER), { recursive: true });
    for (const end of ["", ".sha256"]) if (existsSync(`${builtLibrary}${end}`)) cpSync(`${builtLibrary}${end}`, `${this.library}${end}`);
    onTestFinished(() => rmSync(this.root, { recursive: true, force: true }));
  }

  path(name: string): string {
    return join(this.root, name);
  }

  /** The path of a module, which is named without its extension: "src/cli/polyproc". */
  module(name: string): string {
    return this.path(`${name}${this.#extension}`);
  }

  /** Changes the library's bytes. The hash that is stored beside it stays as it was. */
  damage(change: (bytes: Buffer) => Buffer): void {
    writeFileSync(this.library, change(readFileSync(this.library)));
  }
}
