// Under a limit on the size of files: arguments and results that are too large fail their own task, and the pool lives on.
import { Pool } from "../../mod.ts";

const LARGE = 100 * 2 ** 20;

export function lengthOf(bytes: Uint8Array): number {
  return bytes.length;
}

export function bytesOf(length: number): Uint8Array {
  return new Uint8Array(length);
}

async function failureOf(call: Promise<unknown>): Promise<string> {
  try {
    return `no error, but ${await call}`;
  } catch (error) {
    return (error as Error).message;
  }
}

if (import.meta.main) {
  const pool = new Pool({ processes: 1, stderr: "null" });
  await pool.apply(lengthOf, [new Uint8Array(1)]);
  const [argument, small] = await Promise.all([
    failureOf(pool.apply(lengthOf, [new Uint8Array(LARGE)])),
    pool.apply(lengthOf, [new Uint8Array(2)]),
  ]);
  const result = await failureOf(pool.apply(bytesOf, [LARGE]));
  const later = await pool.apply(lengthOf, [new Uint8Array(3)]);
  console.log(JSON.stringify({ argument, small, result, later }));
  pool.close();
  await pool.join();
}
