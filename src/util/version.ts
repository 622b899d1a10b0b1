/** The package's version; a child refuses a parent of another one. */
export const VERSION = "0.1.0";
