import { defineConfig, loadEnv } from "vite";

/** What the server answers; everything else is the page's own. */
const SERVED = ["/chatkit", "/api"];

export default defineConfig(({ mode }) => {
  const { ANYPORT_URL = "http://127.0.0.1:8000" } = loadEnv(mode, ".", "ANYPORT_");
  const proxy = Object.fromEntries(SERVED.map((path) => [path, ANYPORT_URL]));
  return {
    build: { target: "es2022" },
    server: { host: "127.0.0.1", proxy },
    preview: { host: "127.0.0.1", proxy },
  };
});
