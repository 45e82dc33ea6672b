/** The chat about the user's tasks. */

import { ChatKit, useChatKit } from "@openai/chatkit-react";

interface TaskChatProps {
  fetch: typeof fetch;
  initialThreadId?: string | null;
  /** The assistant, or a click in one of its widgets, changed tasks. */
  onTasksChanged(): void;
}

export function TaskChat({ fetch, initialThreadId = null, onTasksChanged }: TaskChatProps) {
  const { control } = useChatKit({
    api: { url: new URL("/chatkit", location.href).href, domainKey: "local-dev", fetch },
    initialThread: initialThreadId,
    startScreen: {
      greeting: "What is there to do?",
      prompts: [{ label: "Show my tasks", prompt: "Show me my tasks", icon: "notebook" }],
    },
    threadItemActions: { feedback: true, retry: true },
    thread: { autoScroll: true },
    onEffect: ({ name }) => {
      if (name === "tasks.changed") onTasksChanged();
    },
  });
  return <ChatKit control={control} className="chat" />;
}
