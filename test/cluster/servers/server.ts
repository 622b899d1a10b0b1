import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "../hosts/network.ts";
import { freePort } from "./ports.ts";
import { atExit, findServer } from "./scripts.ts";

/** Settings of nats-server's configuration file by their names there. */
export type Config = Readonly<Record<string, unknown>>;

export interface ServerOptions {
  /** Such as `{ max_payload: 65_536 }` or `{ jetstream: { max_file_store: 1_048_576 } }`. */
  readonly config?: Config;
  /** More of the configuration, in its own language. */
  readonly text?: string;
  readonly name?: string;
  /** The simulated host that it runs in. By default it runs in this one, and only on loopback. */
  readonly host?: Pick<Host, "address" | "command">;
}

/** How long a server, or three that have to elect a leader, may take to start. */
const PATIENCE = 30_000;

const LOOPBACK = { address: "127.0.0.1", command: [] };

/** A real nats-server with JetStream and a store of its own. `stop` it, or hold it with `await using`. It does not outlive the process of its test. */
export class NatsServer {
  readonly name: string;
  /** What clients connect to. */
  readonly url: string;
  /** Holds the store, the configuration file and the log. */
  readonly folder: string = mkdtempSync(join(tmpdir(), "pp-nats-"));
  readonly #command: readonly string[];
  readonly #monitor: string;
  readonly #forgetFolder = atExit({ remove: this.folder });
  #process: ChildProcess | undefined;
  #log = "";

  /** Starts a server and waits until JetStream answers. */
  static async start(options: ServerOptions = {}): Promise<NatsServer> {
    const server = await NatsServer.prepare(options);
    try {
      await server.restart();
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** A server that does not run yet. */
  static async prepare(options: ServerOptions): Promise<NatsServer> {
    return new NatsServer(options, await freePort(), await freePort());
  }

  private constructor({ config = {}, text = "", name = "n1", host = LOOPBACK }: ServerOptions, port: number, monitor: number) {
    const { address, command } = host;
    this.name = name;
    this.url = `nats://${address}:${port}`;
    this.#command = command;
    this.#monitor = `http://${address}:${monitor}`;
    const { jetstream = {}, ...others } = config;
    const all = {
      server_name: name,
      listen: `${address}:${port}`,
      http: `${address}:${monitor}`,
      jetstream: { store_dir: this.#store, ...(jetstream as Config) },
      ...others,
    };
    // The configuration language takes JSON as well, and the braces around all of it may be missing.
    writeFileSync(this.#configFile, `${JSON.stringify(all, undefined, 2).slice(1, -1)}\n${text}`);
  }

  get #configFile(): string {
    return join(this.folder, "nats.conf");
  }

  get #store(): string {
    return join(this.folder, "store");
  }

  /** The number of its process. */
  get pid(): number {
    const { pid } = this.#running();
    if (pid === undefined) throw new Error(`${this.name} could not be started: ${this.#log}`);
    return pid;
  }

  /** What it has logged since it was started first. */
  get log(): string {
    return this.#log;
  }

  /** Starts its process. `ready` waits for it. The program may be another one, such as that of another version. */
  launch(server?: string): void {
    const found = server === undefined ? findServer() : { path: server };
    if ("reason" in found) throw new Error(found.reason);
    const [program = "", ...args] = [...this.#command, found.path, "--config", this.#configFile];
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#process = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#log += text;
    });
    child.on("error", (error) => {
      this.#log += error.message;
    });
    if (child.pid !== undefined) child.once("exit", atExit({ kill: child.pid }));
  }

  /** Waits until it can be used: JetStream is on, the store has been read, and a cluster has a leader. */
  async ready(): Promise<void> {
    const end = performance.now() + PATIENCE;
    let answer = "nothing";
    while (performance.now() < end) {
      const { exitCode, signalCode } = this.#running();
      if (exitCode !== null || signalCode !== null) throw new Error(`${this.name} ended with ${exitCode ?? signalCode}:\n${this.#log}`);
      try {
        const response = await fetch(`${this.#monitor}/healthz`, { signal: AbortSignal.timeout(1000) });
        answer = await response.text();
        if (response.ok) return;
      } catch (error) {
        answer = String(error);
      }
      await sleep(20);
    }
    throw new Error(`${this.name} is not ready after ${PATIENCE} ms, it says ${answer}:\n${this.#log}`);
  }

  /** What its monitoring page says, such as that of `/jsz`. */
  async monitor(path: string): Promise<Record<string, unknown>> {
    const response = await fetch(this.#monitor + path, { signal: AbortSignal.timeout(5000) });
    return (await response.json()) as Record<string, unknown>;
  }

  /** Kills it as a crash would. Its store stays, and `restart` uses it again. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Asks it to end: its clients go to other servers before. */
  async retire(): Promise<void> {
    await this.#end("SIGUSR2");
  }

  /** Starts it, after `kill` again: at the same port, with the same store. */
  async restart(program?: string): Promise<void> {
    this.launch(program);
    await this.ready();
  }

  /** Kills it and takes all away that it stored. */
  async clear(): Promise<void> {
    await this.kill();
    rmSync(this.#store, { recursive: true, force: true });
  }

  /** Stops it as a machine that hangs: connections stay open, and nothing answers. Resolves when none of its threads runs any more. */
  async pause(): Promise<void> {
    const { pid } = this;
    process.kill(pid, "SIGSTOP");
    const tasks = `/proc/${pid}/task`;
    const isStopped = (task: string): boolean => /\) T /.test(readFileSync(join(tasks, task, "stat"), "utf8"));
    while (existsSync(tasks) && !readdirSync(tasks).every(isStopped)) await sleep(5);
  }

  resume(): void {
    process.kill(this.pid, "SIGCONT");
  }

  /** Ends it for good and removes all that it stored. */
  async stop(): Promise<void> {
    await this.#end("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
    this.#forgetFolder();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  #running(): ChildProcess {
    if (this.#process === undefined) throw new Error(`${this.name} was not started`);
    return this.#process;
  }
}
