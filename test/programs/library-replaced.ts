// Replaces the native library's file after this process has loaded it, and prints what a child says about that.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { capabilities, isMain, Process, ProcessError } from "../../mod.ts";

export function answer(): string {
  return "answered";
}

async function startWithAnother(library: string): Promise<unknown> {
  const bytes = readFileSync(library);
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  // The file is replaced, not written to, because this process has mapped it.
  writeFileSync(`${library}.new`, bytes);
  renameSync(`${library}.new`, library);
  try {
    const child = new Process({ target: answer, stderr: "pipe" });
    await child.start();
    return { works: await child.result({ timeout: 20_000 }) };
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    return { error: error.name, message: error.message };
  }
}

if (isMain(import.meta)) console.log(JSON.stringify(await startWithAnother(capabilities().library ?? "")));
