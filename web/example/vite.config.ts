import { defineConfig, loadEnv } from "vite";

/** The server behind the page; the page itself is served from an address of its own only while it is developed. */
export default defineConfig(({ mode }) => {
  const server = loadEnv(mode, import.meta.dirname, "VITE_").VITE_SERVER ?? "http://127.0.0.1:8000";
  return {
    base: "./",
    root: import.meta.dirname,
    server: { proxy: Object.fromEntries(["/api", "/chatkit", "/chatkit.js"].map((path) => [path, server])) },
    build: { outDir: "dist", emptyOutDir: true },
  };
});
