/** Whose <openai-chatkit> the page runs: `VITE_CHATKIT_SCRIPT` is `own` or `openai`, when it is built or served. */

const SCRIPTS = {
  own: "/chatkit.js",
  openai: "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js",
};

const chosen: string = import.meta.env["VITE_CHATKIT_SCRIPT"] || "own";

/** Our element rejoins an answer after a reload, stops it on the server and shows other tabs; OpenAI's takes no such option. */
export const live = chosen === "own" ? { liveUrl: "/" } : {};

/** Load it; until it is there, React's component waits. Throws when the setting names neither. */
export function loadScript(): void {
  if (!(chosen in SCRIPTS)) throw new Error(`VITE_CHATKIT_SCRIPT is "${chosen}"; it can be own or openai.`);
  const script = document.createElement("script");
  script.src = SCRIPTS[chosen as keyof typeof SCRIPTS];
  document.head.append(script);
}
