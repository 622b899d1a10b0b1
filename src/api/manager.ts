import { markLocal } from "../codec/shared-mark.ts";
import { TimeoutError } from "../errors/errors.ts";
import { boundLaunch } from "../launch/bound.ts";
import { checkOptions } from "../launch/check-options.ts";
import type { ProcessSettings } from "../launch/options.ts";
import type { Key } from "../manager/keys.ts";
import { ManagedObject } from "../manager/managed-object.ts";
import { ask, askLater } from "../manager/request.ts";
import { snapshot } from "../manager/snapshot.ts";
import { loadTarget } from "../manager/targets.ts";
import type { Remote } from "../manager/types.ts";
import { boundBackend } from "../objects/backend-binding.ts";
import { type Address, checkAddress } from "../remote/address.ts";
import { callerModules } from "../target/callers.ts";
import { checkTarget, type ModuleTarget } from "../target/target.ts";
import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";
import { checkWait, timeLeft, type Wait, type WaitOptions } from "../util/wait-options.ts";
import { LATE, within } from "../util/within.ts";
import { checkAuthKey } from "./auth-key.ts";
import { type ConnectOptions, ManagerConnection } from "./manager-connection.ts";
import { ServerProcess } from "./manager-process.ts";
import type { Namespace } from "./namespace.ts";
import { type DictEntries, pairsOf, type SharedDict } from "./shared-dict.ts";
import { itemsOf, type SharedList } from "./shared-list.ts";
import type { SharedSet } from "./shared-set.ts";

/** Options of a {@link Manager}: those of its server's process, and where it serves other programs. */
export interface ManagerOptions extends Omit<ProcessSettings, "daemon" | "detached" | "transfer" | "group"> {
  /**
   * Where the server lets programs outside of the process tree use the objects that are exposed: the path of a Unix socket (a named pipe on
   * Windows), or `{ host, port }`. Port 0 takes a free port. Default: nowhere.
   */
  readonly address?: Address;
  /** The key that such programs must have: bytes, or a string that stands for its UTF-8 bytes. Default: none; an address needs it. */
  readonly authKey?: Uint8Array | string;
}

const OPTIONS = optionNames<ManagerOptions>({
  name: true,
  runtime: true,
  execArgv: true,
  env: true,
  cwd: true,
  stdout: true,
  stderr: true,
  limits: true,
  startTimeout: true,
  signal: true,
  grace: true,
  address: true,
  authKey: true,
});

let managers = 0;

/**
 * A server process that holds dicts, lists, sets, namespaces and instances of classes for many processes. What it gives are proxies: they
 * travel like any shared object, and their objects live as long as any process holds a proxy.
 *
 * Each call rejects with what the start of the server throws, if it is the first; with {@link TimeoutError} if the server does not reply within
 * its `timeout`; with {@link OwnerDiedError} if the server is gone; with {@link ClosedError} after `close()`; with `SerializationError` for a
 * value that can't travel.
 *
 * The server starts with the first call. It does not keep the program alive, and ends with the process that made the manager.
 *
 * @example
 * ```ts
 * await using manager = new Manager();
 * const scores = await manager.dict<string, number>();
 * await scores.set("Ada", 10);
 * console.log(await scores.get("Ada")); // 10
 * ```
 */
export class Manager {
  /** The name of the server's process. Default: `Manager-N`. */
  readonly name: string;
  readonly #server: ServerProcess;
  #address: Address | undefined;

  /**
   * Makes a manager. Its server starts with the first call.
   *
   * @param options see {@link ManagerOptions}
   * @throws {TypeError} for a wrong type, for an option that does not exist, and for an address without a key
   * @throws {RangeError} for a value out of range; {@link UnsupportedError} for `limits` on a backend that has no limits
   */
  constructor(options: ManagerOptions = {}) {
    if (typeof options !== "object" || options === null)
      throw new TypeError(`A manager takes an object with options, received ${describe(options)}.`);
    refuseUnknown(options, OPTIONS, "a manager");
    const { address, authKey, name = `Manager-${++managers}`, ...process } = options;
    const backend = boundBackend(new.target);
    const { method, runtime } = boundLaunch(new.target);
    const { target: _, args: __, kwargs: ___, transfer: ____, ...checked } = checkOptions({ ...process, name }, backend, runtime);
    this.name = name;
    if (authKey !== undefined && address === undefined)
      throw new TypeError("authKey is for a manager with an address: give both, or none.");
    const door = address === undefined ? undefined : { address: checkAddress(address, 0), authKey: checkAuthKey(authKey) };
    markLocal(this, "a Manager", "pass the objects that it has made");
    this.#server = new ServerProcess({ process: checked, door, backend, method });
  }

  /** The process id of the server, or `null` before the first call. */
  get pid(): number | null {
    return this.#server.pid;
  }

  /** The address at which the server serves other programs, or `undefined` before it does. It has the real port, also if that was 0. */
  get address(): Address | undefined {
    return this.#address;
  }

  /**
   * Starts the server now, instead of with the first call of another method. A second call does nothing.
   *
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @throws {StateError} if it can't listen at its address; what {@link Process.start} throws
   */
  async start(options?: WaitOptions): Promise<void> {
    await this.#start(checkWait(options));
  }

  /**
   * Makes a dict.
   *
   * @param entries pairs of keys and values, or an object; default: none
   * @param options `timeout` in ms, `signal`; default: wait for ever
   */
  async dict<K extends Key = string, V = unknown>(entries: DictEntries<K, V> = [], options?: WaitOptions): Promise<SharedDict<K, V>> {
    return (await this.#make("dict", [pairsOf(entries)], options)) as SharedDict<K, V>;
  }

  /**
   * Makes a list.
   *
   * @param items default: none
   * @param options `timeout` in ms, `signal`; default: wait for ever
   */
  async list<T = unknown>(items: Iterable<T> = [], options?: WaitOptions): Promise<SharedList<T>> {
    return (await this.#make("list", [itemsOf(items)], options)) as SharedList<T>;
  }

  /**
   * Makes a set.
   *
   * @param items strings, finite numbers, bigints and booleans; default: none
   * @param options `timeout` in ms, `signal`; default: wait for ever
   */
  async set<T extends Key = Key>(items: Iterable<T> = [], options?: WaitOptions): Promise<SharedSet<T>> {
    return (await this.#make("set", [itemsOf(items)], options)) as SharedSet<T>;
  }

  /**
   * Makes a namespace.
   *
   * @param fields its first fields; default: none
   * @param options `timeout` in ms, `signal`; default: wait for ever
   */
  async namespace<T extends object = Record<string, unknown>>(fields: Partial<T> = {}, options?: WaitOptions): Promise<Namespace<T>> {
    if (typeof fields !== "object" || fields === null) throw new TypeError(`The fields must be an object, received ${describe(fields)}.`);
    return (await this.#make("namespace", [Object.entries(fields)], options)) as Namespace<T>;
  }

  /**
   * Makes an instance of a class in the server. The proxy has the class's public methods: those whose names do not begin with an underscore.
   * A method that returns an iterable gives an async iterable, whose values come one by one. Calls begin in their order; while a method
   * awaits something, others run.
   *
   * @param Class an exported class, the URL of a module (its default export is meant), or a module and export
   * @param rest an array of the arguments of its constructor, and wait options; default: none
   * @throws what the constructor throws; {@link StateError} if no export is found for the class
   *
   * @example
   * ```ts
   * // export class Counter { n: number; constructor(n: number) { this.n = n; } next(): number { return ++this.n; } }
   * await using manager = new Manager();
   * const counter = await manager.create(Counter, [10]);
   * console.log(await counter.next()); // 11
   * ```
   */
  create<T extends object = Record<string, never>, Args extends readonly unknown[] = readonly unknown[]>(
    Class: (new (...args: Args) => T) | ModuleTarget,
    ...rest: [] extends Args ? [args?: Readonly<Args>, options?: WaitOptions] : [args: Readonly<Args>, options?: WaitOptions]
  ): Promise<Remote<T>>;
  async create(Class: unknown, args: unknown = [], options?: WaitOptions): Promise<unknown> {
    checkTarget(Class);
    if (!Array.isArray(args)) throw new TypeError(`args must be an array, received ${describe(args)}.`);
    const given = snapshot(args);
    const callers = callerModules();
    const left = timeLeft(checkWait(options));
    const factory = await this.#start(left());
    const ref = await loadTarget(factory, Class, () => callers, left());
    return ask(factory, "create", [ref, given], left());
  }

  /**
   * Lets programs outside of the process tree get an object by a name: see {@link Manager.connect}. A second object of that name takes the
   * place of the first.
   *
   * @param object a proxy of a manager
   * @param options `timeout` in ms, `signal`; default: wait for ever
   * @throws {StateError} if the manager was made without an address
   */
  async expose(name: string, object: object, options?: WaitOptions): Promise<void> {
    if (typeof name !== "string") throw new TypeError(`A name must be a string, received ${describe(name)}.`);
    if (!(object instanceof ManagedObject)) throw new TypeError(`Only objects of managers are exposed, received ${describe(object)}.`);
    const left = timeLeft(checkWait(options));
    await ask(await this.#start(left()), "expose", [name, object], left());
  }

  /**
   * Connects to a manager of another program.
   *
   * @param address the manager's address
   * @param options `authKey`, `timeout` in ms (default 10,000), `signal`
   * @throws {AuthenticationError} if the keys differ; {@link StateError} if nothing listens there; {@link TimeoutError} if time ran out
   *
   * @example
   * ```ts
   * const authKey = "a long secret";
   * await using manager = new Manager({ address: { host: "127.0.0.1", port: 0 }, authKey });
   * await manager.expose("ages", await manager.dict({ Ada: 36 }));
   * using connection = await Manager.connect(manager.address ?? "", { authKey });
   * const ages = await connection.get<SharedDict<string, number>>("ages");
   * console.log(await ages.get("Ada")); // 36
   * ```
   */
  static connect(address: Address, options: ConnectOptions): Promise<ManagerConnection> {
    return ManagerConnection.open(address, options);
  }

  /**
   * Ends the server, and all its objects with it. Their pending and later calls reject with {@link ClosedError} here, and with
   * {@link OwnerDiedError} in other processes. A second call does nothing.
   */
  close(): void {
    this.#server.close();
  }

  /** Like `close()`, and waits until the server has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.#server.ended();
  }

  async #make(method: string, args: readonly unknown[], options: WaitOptions | undefined): Promise<unknown> {
    const left = timeLeft(checkWait(options));
    return askLater(() => this.#start(left()), method, args, left);
  }

  async #start(wait: Wait): Promise<ManagedObject> {
    const greeting = await within(this.#server.greeting(), wait);
    if (greeting === LATE) throw serverLate(this.name);
    this.#address = greeting.address;
    return greeting.factory;
  }
}

function serverLate(name: string): TimeoutError {
  return new TimeoutError(`The server of ${name} was not ready in time: it still starts, and a later call will find it.`);
}
