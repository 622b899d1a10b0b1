import { UnsupportedError } from "../../errors/errors.ts";
import { modules } from "../../util/lazy-modules.ts";
import { canOpen } from "../can-open.ts";
import { heapFlag } from "../child-flags.ts";
import { collectGarbage } from "../collect-garbage.ts";
import type { EntryOptions, LibraryFunctions, Runtime } from "../contract.ts";
import { inspectionIn } from "../inspection.ts";
import { importLoaded, seesModules } from "../loaded-modules.ts";
import { unlikeRuntime } from "../paths.ts";
import { platform } from "../platform.ts";
import { watchWithNetSocket } from "../sockets.ts";
import { ownFlags, unlessReplaced } from "./command-line.ts";
import { configFlag } from "./config.ts";
import { onExit } from "./exit.ts";
import { currentHost, type DenoHost, firstModule, required } from "./host.ts";
import { waitForRoom } from "./output.ts";
import { carriedDenoFlags } from "./own-flags.ts";
import { childPermissions, isGranted, isWhole, libraryRefusal } from "./permissions.ts";
import { run } from "./run.ts";
import { emptyStdin, STDIN_READER } from "./stdin.ts";

/** The adapter for Deno. The host is a parameter, so that tests on another runtime can stand in for it. */
export function denoRuntime(host: DenoHost | undefined): Runtime {
  const foreignProgram = describeProgram(host);
  return {
    name: "deno",
    version: host?.version.deno ?? "",
    execPath: host === undefined || foreignProgram !== undefined ? "deno" : host.execPath(),
    foreignProgram,
    executable: host?.build.standalone === true ? host.execPath() : undefined,
    endsWithPendingModule: false,
    needs: platform.hasSocketFiles
      ? "Deno programs that start processes need --allow-read, --allow-write, --allow-net and --allow-run."
      : "On Windows, Deno programs that start processes need all permissions (deno run -A), because Deno opens named pipes only then.",

    inspection: () => {
      const own = host === undefined || foreignProgram !== undefined ? undefined : ownFlags(host);
      return inspectionIn((own ?? []).map(({ name, value }) => (value === undefined ? `--${name}` : `--${name}=${value}`)));
    },

    entryArguments(options: EntryOptions): string[] {
      // The command line of a program that is not Deno has no flags of Deno.
      const own = host === undefined || foreignProgram !== undefined ? undefined : ownFlags(host);
      const carried = carriedDenoFlags(own ?? []);
      const found = foreignProgram !== undefined || carried.some((flag) => /^--(no-)?config/.test(flag)) ? [] : configFlag(host);
      return [
        "run",
        "--no-prompt",
        ...unlessReplaced([...childPermissions(host, own, options), ...found, ...carried], options.execArgv),
        ...heapFlag(options.memory).map((flag) => `--v8-flags=${flag}`),
        ...options.execArgv,
        options.entry.href,
      ];
    },

    run: (command) => run(required(host), command),

    takesSignalsForZero: false,

    environment: () => (isWhole(host, "env") ? process.env : undefined),

    mayRun: (file) => isGranted(host, { name: "run", command: file }),

    collectGarbage,
    // Without the permission, Deno would ask the user for it.
    canOpen: (count) => !isGranted(host, { name: "read", path: platform.nullDevice }) || canOpen(count),

    refusesLibrary: (path) => libraryRefusal(host, path),

    openLibrary: (path, signatures) => openLibrary(required(host), path, signatures),

    viewMemory(_library: object, area: BigUint64Array): ArrayBuffer {
      const { UnsafePointer, UnsafePointerView } = required(host);
      try {
        return UnsafePointerView.getArrayBuffer(UnsafePointer.create(area[0] ?? 0n), Number(area[1]));
      } catch (error) {
        // With --allow-ffi=PATH, Deno loads the library but refuses pointers.
        throw new UnsupportedError(
          'This process may load the native library but may not view memory: run Deno with --allow-ffi for everything (a child with execArgv: ["--allow-ffi"]).',
          { cause: error },
        );
      }
    },

    childLoadsLibrary: (args) => args.some((flag) => /^(-A|--allow-all|--allow-ffi(=|$))/.test(flag)) && !args.includes("--deny-ffi"),

    watchSocket: (_library, fd, data) => watchWithNetSocket(fd, data),

    mainModule: () => (host === undefined ? null : (firstModule(host) ?? null)),

    watchesPollers: () => false,
    watchesPipes: true,

    leavesSockets: true,

    // `import.meta.resolve` resolves from this package and knows the import map. `require.resolve` resolves from the module itself, but
    // under the conditions of `require`: it may find the CommonJS half of a package. A search evaluates no half that the program does not use.
    resolvers: [(specifier) => import.meta.resolve(specifier), (specifier, parent) => modules().createRequire(parent).resolve(specifier)],
    importsPaths: false,
    importSpecifier: (url) => url,
    packageSpecifier: (name, versions) => `npm:${name}@${versions}`,
    importLoaded,
    seesModules,

    onExit: (callback) => onExit(host, callback),

    // Deno never makes an output non-blocking, but others may.
    shareOutput: () => waitForRoom(required(host)),

    stdinReader: STDIN_READER,

    emptyStdin: () => emptyStdin(host),
  };
}

export const deno: Runtime = denoRuntime(currentHost);

function describeProgram(host: DenoHost | undefined): string | undefined {
  if (host === undefined) return undefined;
  return host.build.standalone === true ? "an executable file that `deno compile` made" : unlikeRuntime(host.execPath(), /deno/i);
}

function openLibrary(host: DenoHost, path: string, signatures: Readonly<Record<string, string>>): LibraryFunctions {
  const types: Readonly<Record<string, string>> = { i: "i32", p: "buffer" };
  const library: LibraryFunctions = {};
  for (const [name, args] of Object.entries(signatures)) {
    const symbol = { parameters: [...args].map((arg) => types[arg]), result: "i32" };
    // Deno compiles machine code for each function that it opens. A process calls only a few of them, so each is opened at its first call.
    const get = (): unknown => {
      const value = host.dlopen(path, { [name]: symbol }).symbols[name];
      Object.defineProperty(library, name, { value });
      return value;
    };
    Object.defineProperty(library, name, { get, configurable: true, enumerable: true });
  }
  return library;
}
