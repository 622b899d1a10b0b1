import type { ClusterCredentials, ClusterSettings, ClusterTls } from "../backend/contract/cluster.ts";
import { describe } from "../util/describe.ts";
import { optionNames, refuseUnknown } from "../util/known-options.ts";

/** Options of {@link connectCluster}. */
export interface ClusterOptions {
  /** The address of a NATS server, or of several of one cluster: "nats://HOST:4222", or "tls://HOST:4222". */
  readonly servers: string | readonly string[];
  /** Objects of different namespaces do not know each other: 1 to 50 letters, digits, "_" and "-". */
  readonly namespace: string;
  /** The proof of who this process is: see {@link ClusterCredentials}. Default: none. */
  readonly creds?: ClusterCredentials | undefined;
  /** The files for an encrypted connection: see {@link ClusterTls}. Default: the authorities that the runtime knows. */
  readonly tls?: ClusterTls | undefined;
  /**
   * The time in milliseconds after which a process that no longer replies loses what it holds: locks, and items that are not done. It is the
   * same for all processes of a namespace: the first one that connects chooses it. 1,000 or more; default: that of the namespace, and 15,000 for
   * a new one.
   */
  readonly lease?: number | undefined;
  /**
   * The folder of the program. Agents find the targets of a pool by their paths in it. Default: the folder of the nearest `package.json` or
   * `deno.json` above the main module.
   */
  readonly root?: string | undefined;
  /** The version of the program. A pool's workers are run by agents with the same one. Default: `name@version` of that file. */
  readonly version?: string | undefined;
}

const OPTIONS = optionNames<ClusterOptions>({
  servers: true,
  namespace: true,
  creds: true,
  tls: true,
  lease: true,
  root: true,
  version: true,
});
const TLS_OPTIONS = optionNames<ClusterTls>({ ca: true, cert: true, key: true });
/** The forms of credentials. */
const CREDS: readonly (readonly string[])[] = [["file"], ["user", "password"], ["token"], ["seed"]];
/** It becomes a part of the names of streams and subjects, for which NATS allows few characters. */
const NAMESPACE = /^[A-Za-z0-9_-]{1,50}$/;
const SHORTEST_LEASE_MS = 1000;
const LONGEST_LEASE_MS = 86_400_000;

/** Checks what `connectCluster` was given. */
export function checkClusterOptions(options: unknown): ClusterSettings {
  if (typeof options !== "object" || options === null)
    throw new TypeError(
      `connectCluster takes { servers, namespace, creds?, tls?, lease?, root?, version? }, received ${describe(options)}.`,
    );
  refuseUnknown(options, OPTIONS, "connectCluster");
  const { servers, namespace, creds, tls, lease, root, version } = options as Partial<Record<keyof ClusterOptions, unknown>>;
  const addresses = Array.isArray(servers) ? servers : [servers];
  if (addresses.length === 0 || !addresses.every((address) => typeof address === "string" && address !== ""))
    throw new TypeError(
      `servers must be an address or an array of addresses, such as "nats://127.0.0.1:4222", received ${describe(servers)}.`,
    );
  if (typeof namespace !== "string") throw new TypeError(`namespace must be a string, received ${describe(namespace)}.`);
  if (!NAMESPACE.test(namespace))
    throw new RangeError(`namespace must have 1 to 50 letters, digits, "_" and "-", received ${JSON.stringify(namespace)}.`);
  for (const [name, value] of Object.entries({ root, version }))
    if (value !== undefined && typeof value !== "string") throw new TypeError(`${name} must be a string, received ${describe(value)}.`);
  return { servers: addresses, namespace, credentials: checkCreds(creds), tls: checkTls(tls), lease: checkLease(lease) };
}

function checkLease(lease: unknown): number | undefined {
  if (lease === undefined) return undefined;
  if (typeof lease !== "number") throw new TypeError(`lease must be a number of milliseconds, received ${describe(lease)}.`);
  if (!(lease >= SHORTEST_LEASE_MS && lease <= LONGEST_LEASE_MS))
    throw new RangeError(`lease must be ${SHORTEST_LEASE_MS} to ${LONGEST_LEASE_MS} milliseconds, received ${lease}.`);
  return lease;
}

function checkCreds(creds: unknown): ClusterCredentials | undefined {
  if (creds === undefined) return undefined;
  const fields = Object(creds) as Readonly<Record<string, unknown>>;
  const names = CREDS.find((form) => form.length === Object.keys(fields).length && form.every((name) => typeof fields[name] === "string"));
  if (names !== undefined) return creds as ClusterCredentials;
  throw new TypeError("creds must be { file }, { user, password }, { token } or { seed }, each of them a string.");
}

function checkTls(tls: unknown): ClusterTls | undefined {
  if (tls === undefined) return undefined;
  if (typeof tls !== "object" || tls === null) throw new TypeError(`tls must be { ca?, cert?, key? }, received ${describe(tls)}.`);
  refuseUnknown(tls, TLS_OPTIONS, "tls");
  for (const [name, path] of Object.entries(tls))
    if (path !== undefined && typeof path !== "string")
      throw new TypeError(`tls.${name} must be the path of a file, received ${describe(path)}.`);
  return tls;
}
