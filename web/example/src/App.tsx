/** A chat, and beside it the tasks that it is about. */

import { useCallback, useEffect, useMemo, useState } from "react";
import { Login } from "./Login";
import { TaskChat } from "./TaskChat";
import { type Task, TaskList } from "./TaskList";
import { fetchAs, useSession } from "./session";

type Loaded = { state: "loading" | "refused" | "failed" } | { state: "there"; tasks: Task[] };

export function App() {
  const { token, logIn, logOut } = useSession();
  const fetch = useMemo(() => fetchAs(token), [token]);
  const [loaded, setLoaded] = useState<Loaded>({ state: "loading" });

  const load = useCallback(async () => {
    const response = await fetch("/api/tasks").catch(() => null);
    if (response?.ok) setLoaded({ state: "there", tasks: (await response.json()) as Task[] });
    else setLoaded({ state: response?.status === 401 ? "refused" : "failed" });
  }, [fetch]);
  useEffect(() => void load(), [load]);

  if (loaded.state === "refused") return <Login onToken={logIn} />;
  return (
    <main>
      <section aria-label="Tasks">
        <h1>Tasks</h1>
        {loaded.state === "failed" && <p role="alert">The server cannot be reached.</p>}
        {loaded.state === "there" && <TaskList tasks={loaded.tasks} />}
        {token && (
          <button type="button" onClick={logOut}>
            Log out
          </button>
        )}
      </section>
      <TaskChat key={token} fetch={fetch} onTasksChanged={() => void load()} />
    </main>
  );
}
