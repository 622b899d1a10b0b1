// Makes a bundle of a program: `node build.js TOOL FORMAT ENTRY [external] [minify]`.
const [tool, format, entry, ...words] = process.argv.slice(2);
const external = words.includes("external") ? ["polyproc"] : [];
const minify = words.includes("minify");
const extension = format === "cjs" ? ".cjs" : ".mjs";
const file = `bundle${extension}`;

const tools = {
  async esbuild() {
    const { build } = await import("esbuild");
    await build({ entryPoints: [entry], outfile: `out/${file}`, bundle: true, platform: "node", format, external, minify });
  },
  async rolldown() {
    const { build } = await import("rolldown");
    await build({ input: entry, platform: "node", external, output: { file: `out/${file}`, format, minify, codeSplitting: false } });
  },
  async vite() {
    const { build } = await import("vite");
    await build({
      ssr: external.length > 0 ? { external } : { noExternal: true },
      build: { ssr: entry, outDir: "out", minify, rolldownOptions: { output: { format, entryFileNames: file } } },
    });
  },
  async tsup() {
    const { build } = await import("tsup");
    const noExternal = external.length > 0 ? [] : [/.*/];
    const outExtension = () => ({ js: extension });
    await build({ config: false, entry: { bundle: entry }, outDir: "out", format: [format], external, noExternal, minify, outExtension });
  },
};
await tools[tool]();
