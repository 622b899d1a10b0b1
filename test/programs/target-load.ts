import { loadTarget } from "../../src/target/load.ts";
import type { TargetRef } from "../../src/target/target.ts";

// Stands for the child: what the parent found arrives as JSON.
const ref = JSON.parse(process.argv[2] ?? "") as TargetRef;
try {
  console.log(JSON.stringify({ loaded: (await loadTarget(ref)).name }));
} catch (error) {
  console.log(JSON.stringify({ error: `${(error as Error).name}: ${(error as Error).message}` }));
}
process.exit(0);
