/** What a user has in front of them: their tasks, and the chat about them. */

import { useEffect, useState } from "react";
import { type Assistant, readAssistant } from "./assistant";
import type { Session } from "./session";
import { TaskChat } from "./TaskChat";
import { TaskList } from "./TaskList";
import { useTasks } from "./tasks";

export function Workspace({ session, onLogout }: { session: Session; onLogout(): void }) {
  const { tasks, failed, refresh } = useTasks(session.fetch);
  const [selected, setSelected] = useState<string | null>(null);
  const [assistant, setAssistant] = useState<Assistant | null>(null);
  useEffect(() => {
    // Without them the chat works too, with its own greeting and the server's default model.
    readAssistant(session.fetch).then(setAssistant, () => setAssistant({ startScreen: {}, models: [] }));
  }, [session]);

  return (
    <main>
      <section aria-label="Tasks">
        <h1>Tasks</h1>
        {failed && <p role="alert">The tasks cannot be read.</p>}
        <TaskList tasks={tasks} selected={selected} onSelect={setSelected} />
        <button type="button" onClick={onLogout}>
          Log out
        </button>
      </section>
      {assistant && (
        <TaskChat
          userId={session.userId}
          session={session}
          assistant={assistant}
          selectedTaskId={tasks.some(({ id }) => id === selected) ? selected : null}
          onTasksChanged={() => void refresh()}
        />
      )}
    </main>
  );
}
