// The machines for which a package of the native library is published, and what that package is.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

/** The newest glibc whose symbols a library may need: the one of RHEL 8. The runtimes themselves need it. */
export const GLIBC = "2.28";

/** For each platform, the compilers that can build it. Zig brings the C libraries of all machines. */
const compilers = {
  "x64-gnu": ["x86_64-linux-gnu-gcc", `zig cc -target x86_64-linux-gnu.${GLIBC}`],
  "arm64-gnu": ["aarch64-linux-gnu-gcc", `zig cc -target aarch64-linux-gnu.${GLIBC}`],
  "x64-musl": ["x86_64-linux-musl-gcc", "zig cc -target x86_64-linux-musl"],
  "arm64-musl": ["aarch64-linux-musl-gcc", "zig cc -target aarch64-linux-musl"],
};

/** The platforms. A name is that of the package in the scope @polyproc, too. */
export const platforms = Object.entries(compilers).map(([machine, crossed]) => {
  const [cpu, libc] = machine.split("-");
  // These compile for the machine that they run on.
  const own = { gnu: "cc", musl: "musl-gcc" }[libc];
  return { name: `linux-${machine}`, cpu, libc, compilers: cpu === process.arch ? [own, ...crossed] : crossed };
});

/** The platform of this machine, or undefined if no package is published for it. */
export function ownPlatform() {
  if (process.platform !== "linux") return undefined;
  const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "gnu";
  return platforms.find((each) => each.cpu === process.arch && each.libc === libc);
}

/** The name of a platform's package. */
export function packageName({ name }) {
  return `@polyproc/${name}`;
}

/** Throws an error if a library needs another C library than its platform has, or a newer one. */
export function checkLibc({ name, libc }, file) {
  const versions = [...readFileSync(file, "latin1").matchAll(/\0GLIBC_(\d+)\.(\d+)/g)].map(([, ...numbers]) => numbers.map(Number));
  const newest = versions.sort(([a, b], [c, d]) => a - c || b - d).at(-1);
  if ((newest === undefined) !== (libc === "musl")) throw new Error(`The library for ${name} was built for another C library.`);
  const [major, minor] = GLIBC.split(".").map(Number);
  if (newest?.[0] > major || newest?.[1] > minor)
    throw new Error(
      `The library for ${name} needs glibc ${newest.join(".")}, and it must load with ${GLIBC}: see native/src/base/glibc.h.`,
    );
}

/** Checks the library in a folder, and writes the files that make the folder the package of its platform. */
export function writePackage(platform, folder) {
  checkLibc(platform, join(folder, "polyproc.node"));
  const { version, license, author, homepage, bugs, repository, engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const manifest = {
    name: packageName(platform),
    version,
    description: `The native library of polyproc for Linux on ${platform.cpu} with ${platform.libc === "gnu" ? `glibc ${GLIBC} or later` : "musl"}.`,
    license,
    author,
    homepage,
    bugs,
    repository,
    engines,
    type: "commonjs",
    os: ["linux"],
    cpu: [platform.cpu],
    libc: [platform.libc === "gnu" ? "glibc" : "musl"],
    files: ["polyproc.node", "polyproc.node.sha256"],
    // A library can't be opened inside an archive, which is where Yarn keeps packages.
    preferUnplugged: true,
    publishConfig: { access: "public" },
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  writeFileSync(
    join(folder, "README.md"),
    `# ${manifest.name}\n\n${manifest.description} Install [polyproc](${homepage}), which brings it along.\n`,
  );
}
