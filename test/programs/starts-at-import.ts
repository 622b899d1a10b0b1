import { Process } from "../../mod.ts";

export default function target(): void {}

const process = new Process({ target });
await process.start();
