// ChatKit's protocol: one POST address, JSON for questions, server-sent events for answers.

const ADDRESS = "/chatkit";

export class RequestFailed extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** A request that is answered by one JSON object. */
export async function call(type, params) {
  const response = await post(type, params);
  return response.json();
}

/** A request that is answered by events. Aborting `signal` is how a turn is stopped. */
export async function* stream(type, params, signal) {
  const response = await post(type, params, signal);
  yield* events(response.body.pipeThrough(new TextDecoderStream()));
}

/** What the user typed, as ChatKit sends it. */
export function userInput(text) {
  return { content: [{ type: "input_text", text }], attachments: [], inference_options: {} };
}

/** All items of a thread, oldest first: the first page comes with the thread, the others are asked for. */
export async function loadThread(threadId) {
  const thread = await call("threads.get_by_id", { thread_id: threadId });
  const items = [...thread.items.data];
  let page = thread.items;
  while (page.has_more) {
    page = await call("items.list", { thread_id: threadId, order: "asc", limit: 100, after: page.after });
    items.push(...page.data);
  }
  return { thread, items };
}

/** Change `item` as a `thread.item.updated` event says. */
export function apply(update, item) {
  switch (update.type) {
    case "assistant_message.content_part.added":
    case "assistant_message.content_part.done":
      item.content[update.content_index] = update.content;
      break;
    case "assistant_message.content_part.text_delta":
      item.content[update.content_index] ??= { type: "output_text", text: "" };
      item.content[update.content_index].text += update.delta;
      break;
    case "workflow.task.added":
    case "workflow.task.updated":
      item.workflow.tasks[update.task_index] = update.task;
      break;
    case "widget.root.updated":
      item.widget = update.widget;
      break;
    case "widget.component.updated":
      item.widget = withComponent(item.widget, update.component_id, () => update.component);
      break;
    case "widget.streaming_text.value_delta":
      item.widget = withComponent(item.widget, update.component_id, (text) => ({
        ...text,
        value: text.value + update.delta,
      }));
      break;
  }
}

function withComponent(node, id, change) {
  if (node.id === id) return change(node);
  if (!Array.isArray(node.children)) return node;
  return { ...node, children: node.children.map((child) => withComponent(child, id, change)) };
}

async function post(type, params, signal) {
  const response = await fetch(ADDRESS, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type, params }),
    signal,
  });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new RequestFailed(problem.message ?? `The server answered ${response.status}.`, response.status);
}

async function* events(texts) {
  let rest = "";
  for await (const text of texts) {
    const frames = (rest + text).split(/\r?\n\r?\n/);
    rest = frames.pop();
    for (const frame of frames) {
      // Lines without `data:` are comments that keep the connection alive.
      const lines = frame.split(/\r?\n/).filter((line) => line.startsWith("data:"));
      if (lines.length) yield JSON.parse(lines.map((line) => line.slice(5)).join("\n"));
    }
  }
}
