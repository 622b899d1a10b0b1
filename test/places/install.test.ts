// Fresh projects that install polyproc from a registry with each package manager, and run the first example of the README on the native backend.
// The packages come from scripts/publish.mjs in a fresh clone.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasLibrary } from "../suite/library.ts";
import { commands } from "../suite/runtimes.ts";
import { type Ended, runIn } from "./project.ts";
import { Registry } from "./registry.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const modules = fileURLToPath(new URL("node_modules/", import.meta.url));
const node = commands.node?.[0] ?? "";
const pnpm = [node, join(modules, "pnpm/bin/pnpm.cjs")];
const yarn = [node, join(modules, "@yarnpkg/cli-dist/bin/yarn.js")];
const bun = commands.bun?.[0] ?? "";
const deno = commands.deno?.[0] ?? "";

/** It is outside of the clone, because installed packages are looked for in all folders above a program. */
const scratch = mkdtempSync(join(tmpdir(), "pp-install-"));
let registry: Registry;
let clone: string;

function readmeExample(): string {
  const code = /^## First example\n+```ts\n([\s\S]*?)^```/m.exec(readFileSync(join(root, "README.md"), "utf8"))?.[1] ?? "";
  expect(code).toContain('from "polyproc"');
  return code;
}

/** The files of the clone as git has them, without anything that was built. */
function freshClone(): string {
  const folder = join(scratch, "clone");
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], { cwd: root, encoding: "utf8" });
  for (const file of files.split("\0").filter((name) => name !== "" && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** The packages of all platforms. Those of other machines have no libraries: Deno wants them to exist. */
async function addPlatforms(clone: string): Promise<void> {
  const { packageOfMachine } = (await import("../../scripts/build-native.mjs" as string)) as { packageOfMachine(): string | undefined };
  const { platforms, packageName } = (await import("../../scripts/platforms.mjs" as string)) as {
    platforms: { name: string; cpu: string; libc: string }[];
    packageName(platform: object): string;
  };
  const own = packageOfMachine();
  for (const platform of platforms) {
    const folder = join(clone, "native/packages", platform.name);
    mkdirSync(folder, { recursive: true });
    const manifest = { name: packageName(platform), version: "0.1.0", os: ["linux"], cpu: [platform.cpu] };
    const libc = [platform.libc === "gnu" ? "glibc" : "musl"];
    if (own !== undefined && basename(own) === platform.name) cpSync(own, folder, { recursive: true });
    else writeFileSync(join(folder, "package.json"), JSON.stringify({ ...manifest, libc, publishConfig: { access: "public" } }));
  }
}

async function run(folder: string, command: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Ended> {
  // No client may take something from a cache that an earlier run filled.
  const cache = join(scratch, "cache");
  const env = {
    npm_config_registry: registry.url,
    npm_config_cache: cache,
    npm_config_store_dir: join(cache, "pnpm"),
    YARN_NPM_REGISTRY_SERVER: registry.url,
    YARN_UNSAFE_HTTP_WHITELIST: "127.0.0.1",
    YARN_GLOBAL_FOLDER: join(cache, "yarn"),
    YARN_ENABLE_TELEMETRY: "0",
    // Yarn installs nothing that was published today.
    YARN_NPM_MINIMAL_AGE_GATE: "0",
    BUN_INSTALL_CACHE_DIR: join(cache, "bun"),
    DENO_DIR: join(cache, "deno"),
    NPM_CONFIG_REGISTRY: registry.url,
  };
  return await runIn(folder, command, { ...env, ...more });
}

async function succeed(folder: string, command: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, output } = await run(folder, command, more);
  expect(code, output).toBe(0);
  return output;
}

/** A new folder with the example, and a package.json that depends on polyproc. */
function project(name: string, manifest: object = {}): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  const dependencies = { polyproc: "0.1.0" };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, private: true, type: "module", dependencies, ...manifest }));
  writeFileSync(join(folder, ".npmrc"), registry.settings);
  writeFileSync(join(folder, "fibonacci.ts"), readmeExample());
  return folder;
}

async function expectExample(folder: string, command: readonly string[]): Promise<void> {
  const backend = hasLibrary() ? "native" : "portable";
  expect((await succeed(folder, [...command, "fibonacci.ts"], { POLYPROC_BACKEND: backend })).trim()).toBe(
    "[ 832040, 1346269, 2178309, 3524578 ]",
  );
}

/** Publishes a release, and returns what that prints. */
async function publish(): Promise<string> {
  return await succeed(clone, [node, "scripts/publish.mjs", "--ignore-scripts=false", "--userconfig", join(scratch, ".npmrc")]);
}

beforeAll(async () => {
  registry = await Registry.start();
  clone = freshClone();
  const lexer = join(scratch, "lexer");
  cpSync(join(root, "node_modules/es-module-lexer"), lexer, { recursive: true });
  await addPlatforms(clone);
  const account = join(scratch, ".npmrc");
  writeFileSync(account, registry.settings);
  await succeed(lexer, ["npm", "publish", "--userconfig", account]);
  await publish();
  // The clone is as it was.
  expect(readFileSync(join(clone, "package.json"), "utf8")).toBe(readFileSync(join(root, "package.json"), "utf8"));
}, 400_000);

afterAll(() => {
  registry.close();
  rmSync(scratch, { recursive: true, force: true });
});

it("a release that is published again, as after an end in the middle, skips what the registry has", async () => {
  expect((await publish()).match(/0\.1\.0: published before/g)).toHaveLength(5);
});

describe("npm", () => {
  it("installs what Node 22, 24 and 26, Bun and Deno run", async () => {
    const folder = project("npm");
    await succeed(folder, ["npm", "install", "--no-audit", "--no-fund"]);
    for (const version of ["node22", "node24", "node"]) await expectExample(folder, commands[version] ?? []);
    await expectExample(folder, [bun]);
    await expectExample(folder, [deno, "run", "-A"]);
  });

  it("without optional dependencies leaves the portable backend, and the reason", async () => {
    const folder = project("npm-omit");
    await succeed(folder, ["npm", "install", "--no-audit", "--no-fund", "--omit=optional"]);
    writeFileSync(join(folder, "main.mjs"), 'import { capabilities } from "polyproc"; console.log(JSON.stringify(capabilities()));');
    expect(JSON.parse(await succeed(folder, [node, "main.mjs"]))).toMatchObject({
      backend: "portable",
      reason: expect.stringMatching(/the package @polyproc\/linux-\w+-\w+ with the native library is not installed/),
    });
  });
});

it("pnpm, where each package sees its own dependencies only", async () => {
  const folder = project("pnpm");
  await succeed(folder, [...pnpm, "install", "--config.node-linker=isolated"]);
  expect(existsSync(join(folder, "node_modules/@polyproc"))).toBe(false);
  for (const command of [[node], [bun], [deno, "run", "-A"]]) await expectExample(folder, command);
});

it("Yarn with Plug'n'Play, where packages lie in archives", async () => {
  const folder = project("yarn");
  writeFileSync(join(folder, "yarn.lock"), "");
  await succeed(folder, [...yarn, "install"], { YARN_ENABLE_IMMUTABLE_INSTALLS: "0" });
  expect(existsSync(join(folder, ".pnp.cjs"))).toBe(true);
  await expectExample(folder, [...yarn, "node"]);
});

it.each(["isolated", "hoisted"])("Bun with %s packages", async (linker) => {
  const folder = project(`bun-${linker}`);
  await succeed(folder, [bun, "install", `--linker=${linker}`]);
  for (const command of [[bun], [node]]) await expectExample(folder, command);
});

describe("Deno", () => {
  it("with a folder node_modules", async () => {
    const folder = project("deno-folder");
    writeFileSync(join(folder, "deno.json"), '{ "nodeModulesDir": "auto" }');
    await succeed(folder, [deno, "install"]);
    await expectExample(folder, [deno, "run", "-A"]);
  });

  it("with its own cache", async () => {
    const folder = project("deno-cache");
    rmSync(join(folder, "package.json"));
    writeFileSync(join(folder, "deno.json"), '{ "imports": { "polyproc": "npm:polyproc@0.1.0" }, "nodeModulesDir": "none" }');
    await succeed(folder, [deno, "install"]);
    await expectExample(folder, [deno, "run", "-A"]);
  });
});

describe("Node 20, which is too old", () => {
  const old = join(modules, "node20/bin/node");

  it.skipIf(!existsSync(old))("gets an error that names the version, from an import and from the command", async () => {
    const folder = project("node20");
    await succeed(folder, ["npm", "install", "--no-audit", "--no-fund"]);
    const wanted = /polyproc needs Node 22\.18 or later, and this is Node 20\.\d+\.\d+/;
    writeFileSync(join(folder, "main.mjs"), 'import "polyproc";');
    for (const program of ["main.mjs", "node_modules/.bin/polyproc"]) {
      const { code, output } = await run(folder, [old, program]);
      expect(output).toMatch(wanted);
      expect(code).toBe(1);
    }
  });
});
