import type { EntryOptions } from "../contract.ts";
import type { DenoHost, Permission, PermissionQuery } from "./host.ts";

const PERMISSIONS: readonly Permission[] = ["read", "write", "net", "env", "run", "sys", "ffi", "import"];

/** The hosts that every Deno program may import from, unless `--allow-import` gives it a list of its own. */
const USUAL_IMPORT_HOSTS = [
  "deno.land",
  "jsr.io",
  "esm.sh",
  "raw.esm.sh",
  "cdn.jsdelivr.net",
  "raw.githubusercontent.com",
  "gist.githubusercontent.com",
].map((name) => `${name}:443`);

/** Whether this process has a permission already. Deno is never asked to prompt, because a prompt would stop the program. */
export function isGranted(host: DenoHost | undefined, query: PermissionQuery): boolean {
  return host?.permissions.querySync(query).state === "granted";
}

/**
 * The permission flags of a Deno child. A kind that the parent has as a whole is passed on as a whole. Of the other kinds the child gets
 * only the folders and the library that this package itself needs, because Deno can't list what a parent has in part.
 */
export function childPermissions(host: DenoHost | undefined, options: EntryOptions): string[] {
  const { library, writable } = options;
  // With flags of the user's own for FFI, those are what the child gets.
  const addsFfi = library !== undefined && !options.execArgv.some((flag) => flag.startsWith("--allow-ffi"));
  if (host === undefined) {
    // A parent on another runtime has no permissions to pass on. It trusts the library for everything, as views of shared memory need that.
    return ["--allow-read", "--allow-net", ...writable.map((folder) => `--allow-write=${folder}`), ...(addsFfi ? ["--allow-ffi"] : [])];
  }
  const has = (name: Permission, path?: string) => isGranted(host, { name, path });
  const whole = PERMISSIONS.filter((name) => has(name)).map((name) => `--allow-${name}`);
  const partial = writable.flatMap((folder) => [
    ...(!has("write") && has("write", folder) ? [`--allow-write=${folder}`] : []),
    ...(!has("read") && has("read", folder) ? [`--allow-read=${folder}`] : []),
  ]);
  if (addsFfi && !has("ffi")) partial.push(`--allow-ffi=${library}`);
  if (library !== undefined && !has("read")) partial.push(`--allow-read=${library},${library}.sha256`);
  return [...whole, ...partial, ...importPermission(host, options.entry)];
}

/** Why this process may not load a library, if it may not. */
export function libraryRefusal(host: DenoHost | undefined, path: string): string | undefined {
  const missing = (["ffi", "read"] as const).find((name) => !isGranted(host, { name, path }));
  return missing === undefined ? undefined : `Deno was started without --allow-${missing} for ${path}`;
}

/**
 * `--allow-import` for the hosts of the program and of this package, if the child needs it. The flag replaces the usual hosts, so a list
 * that is given must name those of them that the parent has too.
 */
function importPermission(host: DenoHost, entry: URL): string[] {
  const mayImport = (from?: string) => isGranted(host, { name: "import", host: from });
  if (mayImport()) return [];
  // Without the flag, the child may import from the usual hosts and from the host of its first module.
  const withoutFlag = new Set([...USUAL_IMPORT_HOSTS, ...hostAndPort(entry)]);
  const wanted = [...new Set([...withoutFlag, ...hostAndPort(new URL(host.mainModule))])].filter(mayImport);
  return wanted.length === 0 || wanted.join() === [...withoutFlag].join() ? [] : [`--allow-import=${wanted}`];
}

function hostAndPort({ protocol, hostname, port }: URL): string[] {
  return /^https?:$/.test(protocol) ? [`${hostname}:${port || (protocol === "https:" ? 443 : 80)}`] : [];
}
