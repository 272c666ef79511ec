import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

// The pages are served at /board/<contest id>, /take/<contest id>, /manage/ and /api/docs/; what they load lies under /assets/. Nothing is inlined: the page's
// content security policy allows scripts and styles from files of its own origin only.
export default defineConfig({
  base: "/",
  plugins: [svelte()],
  resolve: { alias: { "@podium/client": path("../sdk/js/src/index.ts") } },
  build: {
    target: "es2022",
    cssTarget: ["chrome123", "firefox121", "safari17.5"],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // A page a build (package.json): built together, each would fetch what of Svelte any of them uses. The first empties the folder.
    emptyOutDir: process.env["PAGE"] === "manage",
    rollupOptions: { input: path(`${process.env["PAGE"] ?? "board"}.html`) },
  },
});
