// The same as top-level.ts, in JavaScript.
const { Process } = await import(process.env.POLYPROC_MOD);

export function triple(n) {
  return n * 3;
}

if (import.meta.main ?? process.argv[1].endsWith("top-level-js.mjs")) {
  const child = new Process({ target: triple, args: [4] });
  await child.start();
  console.log(JSON.stringify([await child.result(), await child.join()]));
}
