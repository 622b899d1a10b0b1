import type { EntryOptions } from "../contract.ts";
import type { DenoHost, Permission, PermissionQuery } from "./host.ts";

const PERMISSIONS: readonly Permission[] = ["read", "write", "net", "env", "run", "sys", "ffi", "import"];

/** The hosts from which every Deno program may import, unless `--allow-import` names others. */
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
 * Returns the permission flags of a Deno child. If the parent has a kind of permission as a whole, the child gets it as a whole. From the
 * other kinds the child gets only the folders and the library that this package itself needs, because Deno can't list a parent's partial
 * permissions.
 */
export function childPermissions(host: DenoHost | undefined, options: EntryOptions): string[] {
  const { library, writable } = options;
  // If the user passes FFI flags for the child, the child gets only those.
  const addsFfi = library !== undefined && !options.execArgv.some((flag) => flag.startsWith("--allow-ffi"));
  if (host === undefined) {
    // A parent on another runtime has no permissions to pass on. The child gets the whole FFI permission, because views of shared memory
    // need it.
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

/** Returns why this process may not load a library, or `undefined` if it may. */
export function libraryRefusal(host: DenoHost | undefined, path: string): string | undefined {
  const missing = (["ffi", "read"] as const).find((name) => !isGranted(host, { name, path }));
  return missing === undefined ? undefined : `Deno was started without --allow-${missing} for ${path}`;
}

/**
 * Returns `--allow-import` with the hosts of the program and of this package, if the child needs the flag. The flag replaces the usual
 * hosts, so it must also name those of them that the parent may use.
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
