/** The machine numbers of ELF files (e_machine) by `process.arch`. */
const MACHINES: Readonly<Record<string, number>> = { x64: 62, arm64: 183 };
const HEADER_SIZE = 64;
const LOAD = 1;

/**
 * Returns why a file is not a complete library for this machine, or `undefined` if it is one. Loading half a library would end in SIGBUS.
 */
export function elfFault(bytes: Uint8Array): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < HEADER_SIZE) return "it is cut off";
  // 64 bits, little endian.
  if (view.getUint32(0) !== 0x7f454c46 || view.getUint16(4) !== 0x0201) return "it is no 64-bit library";
  const machine = view.getUint16(18, true);
  if (machine !== MACHINES[process.arch]) {
    const name = Object.keys(MACHINES).find((arch) => MACHINES[arch] === machine) ?? `machine ${machine}`;
    return `it is built for ${name}, and this is ${process.arch}`;
  }
  return isWhole(view) ? undefined : "it is cut off";
}

/** Whether the file holds all bytes that its segments load. */
function isWhole(view: DataView): boolean {
  const at = Number(view.getBigUint64(32, true));
  const size = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  if (at + size * count > view.byteLength) return false;
  return Array.from({ length: count }, (_, i) => at + i * size).every((entry) => {
    const end = view.getBigUint64(entry + 8, true) + view.getBigUint64(entry + 32, true);
    return view.getUint32(entry, true) !== LOAD || end <= view.byteLength;
  });
}
