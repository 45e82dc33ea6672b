/** The chat about a user's tasks. */

import { ChatKit, useChatKit } from "@openai/chatkit-react";
import { useState } from "react";
import type { Assistant } from "./assistant";
import { live } from "./script";
import type { Session } from "./session";

export interface TaskChatProps {
  userId: string;
  /** The thread to open with; without it the user's last one in this browser. */
  initialThreadId?: string;
  session: Session;
  assistant: Assistant;
  /** What the assistant is told when it asks for "the selected one". */
  selectedTaskId: string | null;
  /** The assistant, or a click in one of its widgets, changed a task. */
  onTasksChanged(): void;
}

export function TaskChat(props: TaskChatProps) {
  const { userId, session, assistant, selectedTaskId, onTasksChanged } = props;
  const remembered = `thread of ${userId}`;
  // Once: ChatKit opens it again when the option changes.
  const [initialThread] = useState(() => props.initialThreadId ?? localStorage.getItem(remembered));

  const { control } = useChatKit({
    api: { url: new URL("/chatkit", location.href).href, domainKey: session.domainKey, fetch: session.fetch, ...live },
    initialThread,
    startScreen: assistant.startScreen,
    composer: { models: assistant.models },
    thread: { autoScroll: true },
    threadItemActions: { feedback: true, retry: true },
    onClientTool: ({ name }) => (name === "get_selected_task" ? { task_id: selectedTaskId } : {}),
    onEffect: ({ name }) => {
      if (name === "tasks.changed") onTasksChanged();
    },
    onThreadChange: ({ threadId }) => {
      if (threadId) localStorage.setItem(remembered, threadId);
      else localStorage.removeItem(remembered);
    },
  });
  return <ChatKit control={control} className="chat" />;
}
