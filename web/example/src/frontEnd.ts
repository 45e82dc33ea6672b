/** Which ChatKit the page loads: VITE_CHATKIT=openai takes OpenAI's, anything else the server's own. */

const SCRIPTS = {
  own: "/chatkit.js",
  openai: "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js",
};

export function loadFrontEnd(): void {
  const script = document.createElement("script");
  script.src = import.meta.env["VITE_CHATKIT"] === "openai" ? SCRIPTS.openai : SCRIPTS.own;
  document.head.append(script);
}
