/** Returns the conditions under which this process resolves imports: Node's own, and those that its flags add. */
export function importConditions(): ReadonlySet<string> {
  const flags = `${process.execArgv.join(" ")} ${process.env.NODE_OPTIONS ?? ""}`;
  const added = [...flags.matchAll(/(?:^|\s)(?:-C|--conditions)[=\s]\s*(\S+)/g)].map(([, name]) => name as string);
  return new Set(["node", "import", "module-sync", "node-addons", ...added]);
}
