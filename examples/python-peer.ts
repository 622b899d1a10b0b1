// A Python process (3.12 or later) as a worker. Bytes go both ways over a socket, which only processes with the key can use.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Listener } from "../mod.ts";

const key = randomBytes(32);
const path = join(tmpdir(), `python-peer-${process.pid}.sock`);
using listener = new Listener({ address: path, authKey: key });
await listener.ready;

const script = fileURLToPath(new URL("python_peer.py", import.meta.url));
const python = spawn(process.env.POLYPROC_PYTHON ?? "python3", [script], { stdio: ["pipe", "inherit", "inherit"] });
const ended = new Promise((resolve) => {
  python.on("exit", resolve);
});
// The key goes through stdin, because other processes can read arguments and environment variables.
python.stdin.end(`${JSON.stringify([path, key.toString("hex")])}\n`);

const conn = await listener.accept({ timeout: 10_000 });
await conn.sendBytes(new TextEncoder().encode(JSON.stringify([2, 4, 4, 4, 5, 5, 7, 9])));
const answer = JSON.parse(new TextDecoder().decode(await conn.recvBytes()));
console.log(`Python ${answer.python}: mean ${answer.mean}, standard deviation ${answer.deviation}`);
conn.close();
console.log(`Python ended with ${await ended}`);
