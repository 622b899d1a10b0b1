// A development server, as a framework starts it, that renders one page.
import { createServer } from "vite";

const vite = await createServer({ appType: "custom", server: { middlewareMode: true, ws: false } });
const { render } = await vite.ssrLoadModule("/page.ts");
console.log(await render());
await vite.close();
