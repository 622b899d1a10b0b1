export { default as given } from "./target-default.ts";
export * from "./target-star.ts";
