import { ChatKitElement } from "./element";

// A page that loads two front ends keeps the first.
if (!customElements.get("openai-chatkit")) customElements.define("openai-chatkit", ChatKitElement);
