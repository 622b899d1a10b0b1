import { UnsupportedError } from "../../errors/errors.ts";
import type { Backend, BackendFeatures, BackendProvider, MakeOptions } from "../contract/backend.ts";
import type { ClusterSettings } from "../contract/cluster.ts";
import { EVENT } from "../contract/event.ts";
import type { Kind } from "../contract/kind.ts";
import type { Launcher } from "../contract/launcher.ts";
import { LOCK, RLOCK } from "../contract/lock.ts";
import { type NumbersSettings, SHARED_VALUE } from "../contract/numbers.ts";
import type { Port } from "../contract/port.ts";
import { QUEUE, type QueueSettings, SIMPLE_QUEUE } from "../contract/queue.ts";
import type { Ref } from "../contract/ref.ts";
import { BOUNDED_SEMAPHORE, SEMAPHORE, type SemaphoreSettings } from "../contract/semaphore.ts";
import { ourError } from "./errors.ts";
import { Link } from "./link.ts";
import { randomToken, tokenOf } from "./names.ts";
import type { Owner } from "./owner.ts";
import { loadPackages } from "./packages.ts";
import { backendName, type KindName } from "./port.ts";
import { NatsQueue } from "./queue/queue.ts";
import { NatsEvent } from "./sync/event.ts";
import { NatsLock } from "./sync/lock.ts";
import { NatsSemaphore } from "./sync/semaphore.ts";
import { type Cluster, Sync } from "./sync/sync.ts";
import { NatsValue } from "./sync/value.ts";

const FEATURES: BackendFeatures = { fileno: false, sync: false, sharedMemory: false, limits: false, library: null, abi: null };

/** What to use in place of what many hosts can't share. */
const INSTEAD: Readonly<Record<string, string>> = {
  condition: "use an Event, or a Queue",
  barrier: "use a Semaphore and an Event, or a Queue",
  connection: "use two queues",
  memory: "put the bytes into a Queue, or a SharedValue for one number",
  sharedArray: "use a SharedValue for each number, or a Queue",
  managed: "use a Queue, or a SharedValue",
};

type Open = (cluster: NatsBackend, options: { readonly token: string; readonly settings: unknown }) => Port;
type Attach = (cluster: NatsBackend, location: unknown) => Port;

/** The kinds of objects that a cluster has. */
const KINDS: Readonly<Record<string, { readonly open: Open; readonly attach: Attach }>> = Object.fromEntries([
  ...[QUEUE, SIMPLE_QUEUE].map((kind) =>
    row(
      kind,
      ({ link, owner }, { token, settings }) => {
        const { maxsize, redeliver } = settings as QueueSettings;
        return NatsQueue.make(link, kind, { token, maxsize, redeliver }, owner);
      },
      ({ link }, location) => NatsQueue.attach(link, kind, location),
    ),
  ),
  ...[LOCK, RLOCK].map((kind) =>
    row(
      kind,
      (cluster, { token }) => NatsLock.open(cluster, kind, token),
      (cluster, location) => NatsLock.attach(cluster, kind, location),
    ),
  ),
  ...[SEMAPHORE, BOUNDED_SEMAPHORE].map((kind) =>
    row(
      kind,
      (cluster, { token, settings }) => NatsSemaphore.open(cluster, kind, token, settings as SemaphoreSettings),
      (cluster, location) => NatsSemaphore.attach(cluster, kind, location),
    ),
  ),
  row(
    EVENT,
    (cluster, { token }) => NatsEvent.open(cluster, EVENT, token),
    (cluster, location) => NatsEvent.attach(cluster, EVENT, location),
  ),
  row(
    SHARED_VALUE,
    (cluster, { token, settings }) => NatsValue.open(cluster, SHARED_VALUE, token, settings as NumbersSettings),
    (cluster, location) => NatsValue.attach(cluster, SHARED_VALUE, location),
  ),
]);

/** Starts no processes: the agents of the hosts do. */
const launcher: Launcher = {
  canStart: () => false,
  start: () => Promise.reject(new UnsupportedError("The backend of a cluster starts no processes on this host.")),
  connect: () => {
    throw new UnsupportedError("No process is the child of a cluster.");
  },
};

/** Objects that many hosts share. They live on the servers of a NATS cluster. */
export class NatsBackend implements Backend, Cluster {
  readonly name: string;
  readonly features: BackendFeatures = FEATURES;
  readonly launcher: Launcher = launcher;
  readonly link: Link;
  readonly sync: Sync;

  private constructor(link: Link, sync: Sync) {
    this.link = link;
    this.sync = sync;
    this.name = backendName(link.names.namespace);
  }

  get owner(): Owner {
    return this.sync.owner;
  }

  static async open(settings: ClusterSettings): Promise<NatsBackend> {
    const link = await Link.open(await loadPackages(), settings);
    try {
      return new NatsBackend(link, await Sync.open(link, settings.lease));
    } catch (error) {
      await link.close();
      throw ourError(error);
    }
  }

  make<P extends Port, S, M>(kind: Kind<P, S, M>, settings: S, { name }: MakeOptions = {}): M {
    this.link.checkOpen();
    const known = Object.hasOwn(KINDS, kind.name) ? KINDS[kind.name] : undefined;
    if (known === undefined) throw notShared(kind);
    const token = name === undefined ? randomToken(this.owner.id) : tokenOf(name);
    return known.open(this, { token, settings }) as M;
  }

  attach({ kind, location }: Ref): Port {
    this.link.checkOpen();
    const known = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
    if (known === undefined) throw new UnsupportedError(`A cluster has no objects of the kind ${JSON.stringify(kind)}.`);
    return known.attach(this, location);
  }

  flushed(): Promise<void> {
    return this.link.flushed();
  }
}

/** Provides a backend that is open already. It can't be opened by its name: that needs the addresses of servers. */
export function providerOf(backend: NatsBackend): BackendProvider {
  return {
    name: backend.name,
    automatic: false,
    available: () => ({ yes: true, reason: "this process is connected to the cluster" }),
    open: () => backend,
    openInChild: () => backend,
    opened: () => (backend.link.isClosed ? undefined : backend),
  };
}

function row({ name }: KindName, open: Open, attach: Attach): [string, { readonly open: Open; readonly attach: Attach }] {
  return [name, { open, attach }];
}

function notShared({ name, label }: { readonly name: string; readonly label: string }): UnsupportedError {
  const instead = INSTEAD[name];
  return new UnsupportedError(`A ${label} can't be shared by many hosts${instead === undefined ? "" : `: ${instead}`}.`);
}
