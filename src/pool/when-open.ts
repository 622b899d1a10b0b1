/** Opens a value, now or when its shared objects are there. */
export function whenOpen(
  open: () => unknown,
  use: (value: unknown) => void,
  fail: (error: unknown) => void = () => {},
): Promise<void> | undefined {
  let value: unknown;
  try {
    value = open();
  } catch (error) {
    fail(error);
    return undefined;
  }
  if (value instanceof Promise) return value.then(use, fail);
  use(value);
  return undefined;
}
