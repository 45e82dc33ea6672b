import { defineConfig } from "vite";

// One classic script: pages load it with a plain <script src>, which can neither be a module nor have chunks.
export default defineConfig({
  build: {
    target: "es2022",
    // In the package, so that the wheel carries it and the server finds it in one place.
    outDir: "../app/_web",
    emptyOutDir: true,
    lib: { entry: "src/main.ts", formats: ["iife"], name: "AnyportChatKit", fileName: () => "chatkit.js" },
  },
  test: { include: ["tests/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
