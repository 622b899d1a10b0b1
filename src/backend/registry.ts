import { StateError, UnsupportedError } from "../errors/errors.ts";
import { page } from "../tree/page.ts";
import { ownModule } from "../util/package-urls.ts";
import type { Backend, BackendProvider } from "./contract/backend.ts";
import type { ClusterModule, ClusterSettings, ConnectedCluster } from "./contract/cluster.ts";
import type { LaunchTarget } from "./contract/launcher.ts";
import type { Ref } from "./contract/ref.ts";
import { setLibrary } from "./native/library/load.ts";
import { nativeProvider } from "./native/provider.ts";
import { portableProvider } from "./portable/provider.ts";

/** The name of a backend. "auto" is the native backend if it can be used here, and otherwise the portable one. */
export type BackendName = "portable" | "native" | "auto";

// The backends in the order of preference. Another backend needs one more entry here, or a call of `registerBackend`.
const providers = new Map<string, BackendProvider>([nativeProvider, portableProvider].map((provider) => [provider.name, provider]));

export { setLibrary };

page.tell("backends", () => openedBackends().map(({ name }) => name));

/** Adds a backend. From then on programs can name it, and its objects can come in messages. */
export function registerBackend(provider: BackendProvider): void {
  providers.set(provider.name, provider);
}

/** A backend whose objects live on a cluster. */
export interface ClusterBackend extends Omit<ConnectedCluster, "provider"> {
  /** The name of the backend. */
  readonly name: string;
}

/** Connects to a cluster, and adds its backend. */
export async function openCluster(settings: ClusterSettings): Promise<ClusterBackend> {
  const { provider, ...connected } = await (await clusterModule()).connect(settings);
  const { name } = provider;
  if (providers.get(name)?.opened() !== undefined) {
    await connected.close();
    throw new StateError(
      `This process is connected to the namespace "${settings.namespace}" already: use that connection, or close it first.`,
    );
  }
  registerBackend(provider);
  return { name, ...connected };
}

/** Makes the keys of a new user of a cluster: what its servers know of it, and its secret. */
export async function newKeys(): Promise<{ readonly id: string; readonly seed: string }> {
  return (await clusterModule()).newKeys();
}

// Most programs run on one machine, so the code for clusters is loaded here.
async function clusterModule(): Promise<ClusterModule> {
  const url = ownModule("backend/nats/main").href;
  try {
    return (await import(url)) as ClusterModule;
  } catch (error) {
    throw new UnsupportedError(`The code for clusters can't be loaded from ${url}: a bundle must leave polyproc outside.`, {
      cause: error,
    });
  }
}

/** Returns the providers of all backends, the preferred one first. */
export function backendProviders(): Iterable<BackendProvider> {
  return providers.values();
}

/** Checks a backend's name. Throws `RangeError` for an unknown one, and `UnsupportedError` for one that this process can't use. */
export function checkBackend(name: unknown): asserts name is BackendName {
  if (name === "auto") return;
  const provider = providers.get(name as string);
  if (provider === undefined) throw new RangeError(`The backend must be "portable", "native" or "auto", received ${JSON.stringify(name)}.`);
  // Opening an unavailable backend throws the reason.
  if (!provider.available().yes) provider.open();
}

/** Returns the backend for new objects. Without a name, the variable POLYPROC_BACKEND decides. */
export function chooseBackend(name: string = wantedBackend()): Backend {
  return name === "auto" ? automaticBackend() : providerNamed(name).open();
}

/** Returns the backend to which a reference belongs. */
export function backendOf(ref: Ref): Backend {
  return providerNamed(ref.backend).open();
}

/** Opens, in a child, the backend whose launcher started the child. */
export function backendOfChild(name: string, forChild: unknown): Backend {
  return providerNamed(name).openInChild(forChild);
}

/** Returns the backend that starts such a child: the preferred one if it can, and otherwise the first one that can. */
export function backendToStart(target: LaunchTarget, preferred: Backend): Backend {
  if (preferred.launcher.canStart(target)) return preferred;
  for (const provider of providers.values())
    if (provider.available().yes && provider.open().launcher.canStart(target)) return provider.open();
  return preferred;
}

/** Returns the path of the native library that this process has loaded, so that its children can load the same one. */
export function loadedLibrary(): string | undefined {
  for (const backend of openedBackends()) if (backend.features.library !== null) return backend.features.library;
  return undefined;
}

/** Resolves when all puts and sends of this process are complete, in all backends. */
export async function flushed(): Promise<void> {
  await Promise.all(openedBackends().map((backend) => backend.flushed()));
}

/** Returns the backend that the variable POLYPROC_BACKEND names, or "auto". Throws `RangeError` for an unknown name. */
export function wantedBackend(): BackendName {
  let name: string;
  try {
    name = process.env.POLYPROC_BACKEND || "auto";
  } catch {
    // Deno without --allow-env can't read the variable.
    return "auto";
  }
  if (name !== "auto" && !providers.has(name)) checkBackend(name);
  return name as BackendName;
}

function automaticBackend(): Backend {
  for (const provider of providers.values()) if (provider.automatic && provider.available().yes) return provider.open();
  throw new UnsupportedError("No backend is available here.");
}

function openedBackends(): Backend[] {
  return [...providers.values()].flatMap((provider) => provider.opened() ?? []);
}

function providerNamed(name: string): BackendProvider {
  const provider = providers.get(name);
  if (provider === undefined && name.startsWith("cluster:"))
    throw new UnsupportedError(
      `An object of a cluster came to a process that is not connected to it: call connectCluster() with the namespace "${name.slice("cluster:".length)}" in this process first.`,
    );
  if (provider === undefined)
    throw new UnsupportedError(`This process does not have the backend ${JSON.stringify(name)}: register it before it is used.`);
  return provider;
}
