import { Buffer } from "node:buffer";
import { fs } from "../../../util/lazy-modules.ts";

// The name of the loader that runs a program lies near the start of the program's file.
const SEARCHED = 8192;

/** Returns which C library this process uses. It can load libraries that were built for the same one. */
export function libc(): "gnu" | "musl" {
  try {
    const start = Buffer.alloc(SEARCHED);
    const fd = fs().openSync(process.execPath, "r");
    try {
      fs().readSync(fd, start, 0, SEARCHED, 0);
    } finally {
      fs().closeSync(fd);
    }
    return start.includes("/ld-musl-") ? "musl" : "gnu";
  } catch {
    // Deno may not read its own file. It exists for glibc only.
    return "gnu";
  }
}
