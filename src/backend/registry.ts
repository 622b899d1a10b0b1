import { UnsupportedError } from "../errors/errors.ts";
import type { Backend, BackendProvider } from "./contract/backend.ts";
import type { LaunchTarget } from "./contract/launcher.ts";
import type { Ref } from "./contract/ref.ts";
import { setLibrary } from "./native/library/load.ts";
import { nativeProvider } from "./native/provider.ts";
import { portableProvider } from "./portable/provider.ts";

/** A backend that users can name; "auto" is the native one where it loads, else the portable one. */
export type BackendName = "portable" | "native" | "auto";

// In the order of preference. Another backend is one line more here, or a call of `registerBackend`.
const providers = new Map<string, BackendProvider>([nativeProvider, portableProvider].map((provider) => [provider.name, provider]));

export { setLibrary };

/** Adds a backend, which from then on can be named, and whose objects can come in messages. */
export function registerBackend(provider: BackendProvider): void {
  providers.set(provider.name, provider);
}

/** All backends there are, the preferred one first. */
export function backendProviders(): Iterable<BackendProvider> {
  return providers.values();
}

/** Checks a backend's name. Throws `RangeError` for an unknown one, and `UnsupportedError` for one that this process can't use. */
export function checkBackend(name: unknown): asserts name is BackendName {
  if (name === "auto") return;
  const provider = providers.get(name as string);
  if (provider !== undefined) provider.open();
  else throw new RangeError(`The backend must be "portable", "native" or "auto", received ${JSON.stringify(name)}.`);
}

/** The backend for new objects. By default the one that POLYPROC_BACKEND names. */
export function chooseBackend(name: string = wantedBackend()): Backend {
  return name === "auto" ? automaticBackend() : providerNamed(name).open();
}

/** The backend that a reference belongs to. */
export function backendOf(ref: Ref): Backend {
  return providerNamed(ref.backend).open();
}

/** In a child: the backend whose launcher started it. */
export function backendOfChild(name: string, forChild: unknown): Backend {
  return providerNamed(name).openInChild(forChild);
}

/** The backend that starts such a child: the preferred one if it can, else the first that can. */
export function backendToStart(target: LaunchTarget, preferred: Backend): Backend {
  if (preferred.launcher.canStart(target)) return preferred;
  const others = [...providers.values()].filter((provider) => provider.available().yes).map((provider) => provider.open());
  return others.find(({ launcher }) => launcher.canStart(target)) ?? preferred;
}

/** The native library that this process has loaded, for children that are to load the same one. */
export function loadedLibrary(): string | undefined {
  for (const backend of openedBackends()) if (backend.features.library !== null) return backend.features.library;
  return undefined;
}

/** Resolves when what this process has put and sent is out, whatever backend it lives in. */
export async function flushed(): Promise<void> {
  await Promise.all(openedBackends().map((backend) => backend.flushed()));
}

/** What POLYPROC_BACKEND asks for. Throws `RangeError` for what is no backend. */
export function wantedBackend(): BackendName {
  let name: string;
  try {
    name = process.env.POLYPROC_BACKEND || "auto";
  } catch {
    // Deno without --allow-env can't read it.
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
  if (provider === undefined)
    throw new UnsupportedError(`An object of the backend ${JSON.stringify(name)} came to a process that does not have this backend.`);
  return provider;
}
