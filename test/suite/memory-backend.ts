// A third backend, to show that one can be added from outside: queues and locks in the memory of this process. A backend over a network
// has the same parts, with a server in place of the maps.
import type { Backend, BackendProvider, MakeOptions } from "../../src/backend/contract/backend.ts";
import type { Kind } from "../../src/backend/contract/kind.ts";
import { type Grant, LOCK, type LockPort, RLOCK } from "../../src/backend/contract/lock.ts";
import type { Incoming, Message } from "../../src/backend/contract/message.ts";
import type { Port, WaitingPort } from "../../src/backend/contract/port.ts";
import { QUEUE, type QueuePort, type QueueSettings, type QueueStats, SIMPLE_QUEUE } from "../../src/backend/contract/queue.ts";
import type { Ref } from "../../src/backend/contract/ref.ts";
import { StateError, UnsupportedError } from "../../src/errors/errors.ts";
import { shutDown } from "../../src/errors/messages.ts";
import { Attempts, type Withdrawal } from "../../src/util/attempts.ts";
import { copyOf } from "../../src/util/bytes.ts";
import type { Wait } from "../../src/util/wait-options.ts";

const NAME = "memory";
/** An object of this name is refused, as a server may refuse one: the first call says so. */
export const REFUSED_NAME = "refused";

/** The part that all ports of an object share: the object itself, and the number of its ports. */
abstract class SharedState {
  readonly id: string;
  readonly kind: string;
  ports = 0;
  refusal: Error | undefined;

  constructor(id: string, kind: string) {
    this.id = id;
    this.kind = kind;
  }

  abstract port(): Port;
}

class MemoryPort<S extends SharedState> implements WaitingPort {
  readonly attached: Promise<void> = Promise.resolve();
  protected readonly state: S;
  readonly #withdrawals = new Set<Withdrawal>();

  constructor(state: S) {
    this.state = state;
    state.ports++;
  }

  share(): Ref {
    return { kind: this.state.kind, backend: NAME, location: this.state.id };
  }

  again(): Port {
    return this.state.port();
  }

  release(): void {
    this.withdraw(() => new StateError("closed"));
    if (--this.state.ports === 0) objects.delete(this.state.id);
  }

  withdraw(reason: () => Error): void {
    for (const withdraw of [...this.#withdrawals]) withdraw(reason());
  }

  protected async until<T>(attempts: Attempts, wait: Wait, look: () => T | undefined): Promise<T | undefined> {
    if (this.state.refusal !== undefined) throw this.state.refusal;
    return attempts.make({ wait, look, withdrawals: this.#withdrawals });
  }
}

class QueueState extends SharedState {
  readonly settings: QueueSettings;
  readonly items: Message[] = [];
  // The calls that wait for room, for an item, for an item that they leave there, and for the last item to be done.
  readonly puts: Attempts = new Attempts(() => {});
  readonly gets: Attempts = new Attempts(() => {});
  readonly polls: Attempts = new Attempts(() => {}, false);
  readonly joins: Attempts = new Attempts(() => {});
  readonly stats = { puts: 0, gets: 0, unfinished: 0 };
  isShutDown = false;

  constructor(id: string, kind: string, settings: QueueSettings) {
    super(id, kind);
    this.settings = settings;
  }

  port(): Port {
    return new MemoryQueue(this);
  }

  /** Something has changed: those that wait look again. */
  changed(): void {
    this.polls.retry();
    for (const attempts of [this.gets, this.puts, this.joins]) attempts.retry();
  }
}

class MemoryQueue extends MemoryPort<QueueState> implements QueuePort {
  async put({ bytes, refs }: Message, wait: Wait): Promise<boolean> {
    const message = { bytes: copyOf(bytes), refs };
    const { state } = this;
    const put = await this.until(state.puts, wait, () => {
      if (state.isShutDown) throw shutDown();
      if (state.settings.maxsize > 0 && state.items.length >= state.settings.maxsize) return undefined;
      state.items.push(message);
      state.stats.puts++;
      state.stats.unfinished++;
      return true;
    });
    state.changed();
    return put === true;
  }

  async get(wait: Wait): Promise<Incoming | undefined> {
    const { state } = this;
    const message = await this.until(state.gets, wait, () => {
      if (state.items.length === 0 && state.isShutDown) throw shutDown();
      return state.items.shift();
    });
    if (message === undefined) return undefined;
    state.stats.gets++;
    state.changed();
    return { message, lent: true, settle: () => {} };
  }

  async poll(wait: Wait): Promise<boolean> {
    return (await this.until(this.state.polls, wait, () => (this.state.items.length > 0 ? true : undefined))) === true;
  }

  async isDrained(): Promise<boolean> {
    return this.state.items.length === 0;
  }

  async stats(): Promise<QueueStats & { readonly maxsize: number }> {
    const { items, stats, ports, settings } = this.state;
    return { size: items.length, ...stats, lost: 0, redelivered: 0, participants: ports, maxsize: settings.maxsize };
  }

  async taskDone(): Promise<void> {
    this.state.stats.unfinished--;
    this.state.changed();
  }

  async join(wait: Wait): Promise<boolean> {
    return (await this.until(this.state.joins, wait, () => (this.state.stats.unfinished === 0 ? true : undefined))) === true;
  }

  async shutdown(): Promise<void> {
    this.state.isShutDown = true;
    this.state.changed();
  }

  async sent(): Promise<void> {}

  letGo(): void {}
}

class LockState extends SharedState {
  holder: object | undefined;
  depth = 0;
  readonly acquisitions: Attempts = new Attempts(() => {});

  port(): Port {
    return new MemoryLock(this);
  }
}

class MemoryLock extends MemoryPort<LockState> implements LockPort {
  async acquire(wait: Wait, depth = 1): Promise<Grant> {
    const { state } = this;
    const granted = await this.until(state.acquisitions, wait, () => {
      if (state.holder !== undefined && !(state.kind === RLOCK.name && state.holder === holderOfThisProcess)) return undefined;
      state.holder = holderOfThisProcess;
      state.depth += depth;
      return true;
    });
    return granted === true ? "granted" : "refused";
  }

  async unlock(all = false): Promise<number> {
    const { state } = this;
    if (state.holder === undefined) throw new StateError("The lock is not held.");
    const released = all ? state.depth : 1;
    state.depth -= released;
    if (state.depth === 0) state.holder = undefined;
    state.acquisitions.retry();
    return released;
  }

  async held(): Promise<number> {
    return this.state.depth;
  }
}

const holderOfThisProcess = {};
const objects = new Map<string, SharedState>();

type MakeState = (id: string, kind: string, settings: unknown) => SharedState;
const makers: Readonly<Record<string, MakeState>> = {
  [QUEUE.name]: (id, kind, settings) => new QueueState(id, kind, settings as QueueSettings),
  [SIMPLE_QUEUE.name]: (id, kind, settings) => new QueueState(id, kind, settings as QueueSettings),
  [LOCK.name]: (id, kind) => new LockState(id, kind),
  [RLOCK.name]: (id, kind) => new LockState(id, kind),
};

const backend: Backend = {
  name: NAME,
  features: { fileno: false, sync: false, sharedMemory: false, limits: false, library: null, abi: null },
  launcher: {
    canStart: () => false,
    start: () => Promise.reject(new UnsupportedError("This backend starts no children.")),
    connect: () => {
      throw new UnsupportedError("This backend starts no children.");
    },
  },
  // An object with a name is found by it.
  make<P extends Port, S, M>({ name: kind }: Kind<P, S, M>, settings: S, { name = `object ${objects.size}` }: MakeOptions = {}): M {
    const make = makers[kind];
    if (make === undefined) throw new UnsupportedError(`The backend "memory" has no ${kind}.`);
    const state = objects.get(name) ?? make(name, kind, settings);
    objects.set(name, state);
    if (name === REFUSED_NAME) state.refusal = new StateError("The server refused the object.");
    return state.port() as M;
  },
  attach({ location }: Ref): Port {
    const state = objects.get(location as string);
    if (state === undefined) throw new StateError("There is no such object.");
    return state.port();
  },
  flushed: () => Promise.resolve(),
};

/** The provider for `registerBackend`. */
export const memoryProvider: BackendProvider = {
  name: NAME,
  automatic: false,
  available: () => ({ yes: true, reason: "it needs nothing" }),
  open: () => backend,
  openInChild: () => backend,
  opened: () => backend,
};

/** How many objects there are. */
export function countObjects(): number {
  return objects.size;
}
