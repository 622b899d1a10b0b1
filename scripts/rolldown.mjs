// Bundles the sources into a folder: a few files load faster than a module each. Run by bundle.mjs with Node, which Rolldown wants new.
import { rolldown } from "rolldown";

// What is run or imported by its URL keeps its place.
const ENTRIES = ["mod", "src/child/entry", "src/backend/portable/launch/parent-watcher", "src/cli/polyproc", "src/cli/doctor-child"];

const [dir, ...inner] = process.argv.slice(2);
const build = await rolldown({
  input: Object.fromEntries([...ENTRIES, ...inner].map((name) => [name, `${name}.ts`])),
  external: /^es-module-lexer$/,
  platform: "node",
  // Modules also register what they define.
  treeshake: false,
});
await build.write({
  dir,
  entryFileNames: "[name].js",
  // Shared parts lie where src/place.ts does, from where URLs are made.
  chunkFileNames: "src/chunks/[name]-[hash].js",
  codeSplitting: {
    groups: [
      // Everything that the helper thread of a portable child needs.
      { name: "runtime", test: /src\/(runtime\/|util\/|errors\/|tree\/folder)/, priority: 1 },
      { name: "library", minShareCount: 2 },
    ],
  },
  // Users see the names of classes.
  keepNames: true,
  comments: false,
});
await build.close();
