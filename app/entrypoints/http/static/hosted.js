// OpenAI's front end against this server. The only page that sends requests to another address.

const SCRIPT = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js";

function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
}

async function show() {
  const notice = document.querySelector("#notice");
  try {
    await loadScript(SCRIPT);
  } catch {
    notice.textContent = `${SCRIPT} cannot be reached from this browser. The built-in chat needs nothing but this server.`;
    return;
  }
  await customElements.whenDefined("openai-chatkit");
  const { domain_key: domainKey } = await (await fetch("/config.json")).json();
  const chat = document.createElement("openai-chatkit");
  chat.setOptions({
    api: {
      url: new URL("/chatkit", location.href).href,
      domainKey,
      fetch: (url, options) => fetch(url, { ...options, credentials: "same-origin" }),
    },
  });
  notice.replaceWith(chat);
}

show();
