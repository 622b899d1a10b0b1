// Makes memory with a name, and ends in the way that is asked for without closing it. What listens to the end still has the bytes.
import { SharedMemory } from "../../mod.ts";

const [name = "", how = "end"] = process.argv.slice(2);
const { buf } = new SharedMemory({ name, size: 16, create: true });
const other = new SharedMemory({ name });
other.buf[3] = 7;
process.on("exit", () => console.log(JSON.stringify({ byte: buf[3], length: buf.length })));
if (how === "exit") process.exit(3);
if (how === "Deno.exit") (globalThis as unknown as { Deno: { exit(code: number): never } }).Deno.exit(3);
if (how === "throw") throw new Error("an error of the program");
