import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ClusterOptions } from "../../../mod.ts";
import { Program } from "../../suite/program.ts";
import type { Call, Reply } from "../programs/peer.ts";

const PROGRAM = fileURLToPath(new URL("../programs/peer.ts", import.meta.url));

/** A name of a namespace that no other test has. */
export function newNamespace(): string {
  return `t-${randomUUID()}`;
}

/** Another process of the cluster, on some runtime. It is killed when its test ends. */
export class Peer {
  readonly #program: Program;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #next = 0;

  private constructor(runtime: string, options: ClusterOptions) {
    this.#program = new Program(runtime, PROGRAM, { args: [JSON.stringify(options)], stdin: "pipe" });
    const { stdout } = this.#program.child;
    if (stdout === null) throw new Error("the program has no output");
    createInterface({ input: stdout }).on("line", (line) => this.#hear(JSON.parse(line) as Reply));
    void this.#program.closed.then((code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the process ended with ${code}\n${this.#program.stderr}`));
    });
  }

  /** Starts a process and waits until it is connected. */
  static async start(runtime: string, options: ClusterOptions): Promise<Peer> {
    const peer = new Peer(runtime, options);
    await peer.#expect(0);
    return peer;
  }

  /** Calls a method, or reads a property, of an object that the process makes when it is named first. */
  async call(kind: string, options: readonly unknown[], member: string, ...args: readonly unknown[]): Promise<unknown> {
    const id = ++this.#next;
    const call: Call = { id, kind, options, member, args };
    this.#program.child.stdin?.write(`${JSON.stringify(call)}\n`);
    return this.#expect(id);
  }

  /** Closes the connection, and waits until the process has ended by itself. */
  async end(): Promise<number | string | null> {
    this.#program.child.stdin?.end();
    return this.#program.ended;
  }

  signal(name: NodeJS.Signals): void {
    this.#program.child.kill(name);
  }

  #expect(id: number): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    return waiting.promise;
  }

  #hear({ id, result, error }: Reply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(Object.assign(new Error(error.message), { name: error.name }));
  }
}
