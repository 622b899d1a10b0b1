// A debugger connects to the children of a program that runs under one. It is a real client of the inspector's protocol.
import { describe, expect, it } from "vitest";
import { Program } from "./suite/program.ts";
import { commands, RUNTIMES } from "./suite/runtimes.ts";

const URL_OF_DEBUGGER = /ws:\/\/[\w.:[\]-]+\/[\w-]+/g;

/** Connects as a debugger, sends commands, and waits for their replies. */
async function command(url: string, methods: readonly (readonly [method: string, params?: object])[]): Promise<WebSocket> {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error(`no debugger at ${url}`));
  });
  const replied = new Promise<void>((resolve) => {
    let left = methods.length;
    socket.onmessage = ({ data }) => {
      if ("id" in JSON.parse(String(data)) && --left === 0) resolve();
    };
  });
  methods.forEach(([method, params], i) => {
    socket.send(JSON.stringify({ id: i + 1, method, params }));
  });
  await replied;
  return socket;
}

/** Runs the program under a debugger that tells each process where it has found it. Returns the addresses. */
async function debug(runtime: string, flag: string, isWaiting: boolean): Promise<{ program: Program; urls: Set<string> }> {
  const [, ...usual] = commands[runtime] ?? [];
  const program = new Program(runtime, "debugged.ts", { flags: [...usual, flag], args: [isWaiting ? "1" : "20000"] });
  const urls = new Set<string>();
  const goOn = runtime === "bun" ? "Inspector.initialized" : "Runtime.runIfWaitingForDebugger";
  const sockets: WebSocket[] = [];
  // Debuggers stay until the children have said what they were told. Then they go, because children wait for that before they end.
  while (!program.stdout.includes("\n") && program.child.exitCode === null) {
    for (const [url] of program.stderr.matchAll(URL_OF_DEBUGGER)) {
      if (urls.has(url)) continue;
      urls.add(url);
      const tell = ["Runtime.evaluate", { expression: `globalThis.toldByDebugger = ${JSON.stringify(url)}` }] as const;
      sockets.push(await command(url, isWaiting ? [[goOn], tell] : [tell]));
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (const socket of sockets) socket.close();
  return { program, urls };
}

describe.each(RUNTIMES)("%s: a program under a debugger", (runtime) => {
  for (const [flag, isWaiting] of [
    ["--inspect=127.0.0.1:0", false],
    ["--inspect-wait=127.0.0.1:0", true],
  ] as const)
    it(`has its children under it, too, each on a port of its own: ${flag}`, { timeout: 30_000 }, async () => {
      const { program, urls } = await debug(runtime, flag, isWaiting);
      expect(await program.ended, program.stderr).toBe(0);
      const told = (await program.json()) as string[];
      expect(new Set(told).size).toBe(2);
      expect(urls.size).toBe(3);
      expect([...urls]).toEqual(expect.arrayContaining(told));
      for (const [i, name] of ["first", "second"].entries()) {
        const where = runtime === "bun" ? "the address above" : (told[i] as string);
        expect(program.stderr).toMatch(
          new RegExp(`polyproc: ${name} \\(pid \\d+\\): its debugger listens at ${where.replaceAll(/[.[\]]/g, "\\$&")}\\n`),
        );
      }
    });
});
