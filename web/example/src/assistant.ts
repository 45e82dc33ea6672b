/** What the server says of its assistant and its models, as ChatKit's options. */

import type { ChatKitOptions, ModelOption, StartScreenOption } from "@openai/chatkit-react";

interface OfferedModel {
  id: string;
  provider: string;
  model: string;
  default: boolean;
}

export type Assistant = Required<Pick<ChatKitOptions, "startScreen">> & { models: ModelOption[] };

/** The start screen in the browser's language, and the models that a message may choose from. */
export async function readAssistant(fetch: typeof globalThis.fetch): Promise<Assistant> {
  const [card, models] = await Promise.all([
    json<{ start_screen: StartScreenOption }>(fetch, "/api/assistant"),
    json<OfferedModel[]>(fetch, "/api/models"),
  ]);
  return { startScreen: card.start_screen, models: models.map(option) };
}

function option({ id, provider, model, default: isDefault }: OfferedModel): ModelOption {
  return { id, label: model, description: provider, default: isDefault };
}

async function json<T>(fetch: typeof globalThis.fetch, url: string): Promise<T> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  return (await response.json()) as T;
}
