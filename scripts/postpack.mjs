// npm runs this after it has packed the package, and after it has published it. `npm publish` reads package.json again after it has packed, so
// there the optional dependencies must stay until the end.
import { removePlatforms } from "./manifest.mjs";

const { npm_command: command, npm_lifecycle_event: event } = process.env;
if (command !== "publish" || event === "postpublish") removePlatforms();
