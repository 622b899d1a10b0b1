// A debugger connects to the children of a program that runs under one. It is a real client of the inspector's protocol.
import { describe, expect, it } from "vitest";
import { Program } from "./suite/program.ts";
import { commands, RUNTIMES } from "./suite/runtimes.ts";

const URL_OF_DEBUGGER = /ws:\/\/[\w.:[\]-]+\/[\w-]+/g;

/** The number of the command that lets a process go on. */
const RESUMED = 1000;

type Command = readonly [method: string, params?: object];

/** A debugger that has connected to a process. */
interface Debugger {
  readonly socket: WebSocket;
  /** How often the process has stopped, and was told to go on. */
  stops: number;
}

/** Connects as a debugger, sends commands, and waits for their replies. */
async function connect(url: string, tell: readonly Command[]): Promise<Debugger> {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error(`no debugger at ${url}`));
  });
  const connected: Debugger = { socket, stops: 0 };
  const replied = new Promise<void>((resolve) => {
    let left = tell.length;
    socket.onmessage = ({ data }) => {
      const { id, method } = JSON.parse(String(data)) as { id?: number; method?: string };
      if (method === "Debugger.paused") {
        connected.stops++;
        socket.send(JSON.stringify({ id: RESUMED, method: "Debugger.resume" }));
      } else if (id !== undefined && id !== RESUMED && --left === 0) resolve();
    };
  });
  tell.forEach(([method, params], i) => {
    socket.send(JSON.stringify({ id: i + 1, method, params }));
  });
  await replied;
  return connected;
}

/**
 * Runs the program under a debugger that tells each process where it has found it. Returns how often each address has stopped.
 *
 * @param how a flag of the runtime, or NODE_OPTIONS with its value
 */
async function debug(runtime: string, how: string, isWaiting: boolean): Promise<{ program: Program; stops: ReadonlyMap<string, number> }> {
  const [, ...usual] = commands[runtime] ?? [];
  const [, options] = /^NODE_OPTIONS=(.*)$/.exec(how) ?? [];
  const given = options === undefined ? { flags: [...usual, how] } : { env: { NODE_OPTIONS: options } };
  const program = new Program(runtime, "debugged.ts", { ...given, args: [isWaiting ? "1" : "20000"] });
  const debuggers = new Map<string, Debugger>();
  const start: readonly Command[] =
    runtime === "bun"
      ? [
          ["Debugger.enable"],
          ["Debugger.setBreakpointsActive", { active: true }],
          ["Debugger.setPauseOnDebuggerStatements", { enabled: true }],
          ["Inspector.initialized"],
        ]
      : [["Debugger.enable"], ["Runtime.runIfWaitingForDebugger"]];
  // Debuggers stay until the children have said what they were told. Then they go, because children wait for that before they end.
  while (!program.stdout.includes("\n") && program.child.exitCode === null) {
    for (const [url] of program.stderr.matchAll(URL_OF_DEBUGGER)) {
      if (debuggers.has(url)) continue;
      const tell = ["Runtime.evaluate", { expression: `globalThis.toldByDebugger = ${JSON.stringify(url)}` }] as const;
      debuggers.set(url, await connect(url, isWaiting ? [...start, tell] : [tell]));
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (const { socket } of debuggers.values()) socket.close();
  return { program, stops: new Map([...debuggers].map(([url, { stops }]) => [url, stops])) };
}

describe.each(RUNTIMES)("%s: a program under a debugger", (runtime) => {
  for (const [how, isWaiting] of [
    ["--inspect=127.0.0.1:0", false],
    ["--inspect-wait=127.0.0.1:0", true],
    // On Deno, the program itself now and then neither stopped at its first line nor went on. The reason is not known.
    ...(runtime === "deno" ? [] : ([["--inspect-brk=127.0.0.1:0", true]] as const)),
    ...(runtime === "node" ? ([["NODE_OPTIONS=--inspect=127.0.0.1:0", false]] as const) : []),
  ] as const)
    it(`has its children under it, too, each on a port of its own: ${how}`, { timeout: 30_000 }, async () => {
      const { program, stops } = await debug(runtime, how, isWaiting);
      expect(await program.ended, program.stderr).toBe(0);
      const told = (await program.json()) as string[];
      expect(new Set(told).size).toBe(2);
      expect(stops.size).toBe(3);
      expect([...stops.keys()]).toEqual(expect.arrayContaining(told));
      // Those that wait stop once more right before they call their target.
      expect(told.map((url) => stops.get(url))).toEqual(isWaiting ? [1, 1] : [0, 0]);
      for (const [i, name] of ["first", "second"].entries()) {
        const where = runtime === "bun" ? "the address above" : (told[i] as string);
        expect(program.stderr).toMatch(
          new RegExp(`polyproc: ${name} \\(pid \\d+\\): its debugger listens at ${where.replaceAll(/[.[\]]/g, "\\$&")}\\n`),
        );
      }
    });
});
