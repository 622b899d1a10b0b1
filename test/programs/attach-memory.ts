// A program outside of any tree of the test: it attaches memory by its name, writes, and ends in the way that is asked for.
import { SharedMemory } from "../../mod.ts";

const [name = "", how = "close"] = process.argv.slice(2);
const memory = new SharedMemory({ name });
memory.buf[0] = (memory.buf[0] ?? 0) + 1;
if (how === "close") memory.close();
if (how === "kill") process.kill(process.pid, "SIGKILL");
