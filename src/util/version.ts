/** The version of this package. A child refuses a parent of another version. */
export const VERSION = "0.1.0";
