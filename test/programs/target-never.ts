export const never: number = 1;
setInterval(() => {}, 1_000);
await new Promise(() => {});
