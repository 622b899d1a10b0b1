// Bundles the sources into a folder, because a few files load faster than many. bundle.mjs runs this with the pinned Node, because Rolldown
// needs a new one.
import { rolldown } from "rolldown";
import { readArguments, text, texts } from "../tools/arguments.ts";

// The modules that are started or imported by their URL keep their own files.
const ENTRIES = ["mod", "src/child/entry", "src/pool/worker/main", "src/cli/polyproc", "src/cli/doctor-child", "src/backend/nats/main"];

const { folder, inner } = readArguments("node scripts/rolldown.mjs", { folder: text("dist"), inner: texts() });
const build = await rolldown({
  input: Object.fromEntries([...ENTRIES, ...inner].map((name) => [name, `${name}.ts`])),
  external: /^(es-module-lexer(\/js)?|@nats-io\/.*)$/,
  platform: "node",
  // Modules register their classes when they are evaluated, so no module may be left out.
  treeshake: false,
  // A comment with the name of each module would be part of what every child loads.
  plugins: [{ name: "no-module-names", renderChunk: (code) => code.replaceAll(/^\/\/ [\w./-]+\.ts\n/gm, "") }],
});
await build.write({
  dir: folder,
  entryFileNames: "[name].js",
  // src/util/package-urls.ts makes URLs relative to its own file, so the shared parts must lie as deep below src/ as it does.
  chunkFileNames: "src/chunks/[name]-[hash].js",
  codeSplitting: {
    groups: [
      // Everything that the helper thread of a portable child needs, so that it loads one file.
      { name: "runtime", test: /src\/(runtime\/|util\/|errors\/|tree\/folder)/, priority: 1 },
      { name: "library", minShareCount: 2 },
    ],
  },
  // Users see the names of classes, for example in errors.
  keepNames: true,
  // Shorter code loads faster. Lines and names stay, so that stacks can be read.
  // The `debugger` statement in src/child/debugging.ts stops a child before its target.
  minify: { compress: { dropDebugger: false }, mangle: false, codegen: { removeWhitespace: false } },
  comments: false,
});
await build.close();
