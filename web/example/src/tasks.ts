/** The user's tasks, as the server has them. */

import { useCallback, useEffect, useState } from "react";

export interface Task {
  id: string;
  title: string;
  priority: "low" | "medium" | "high";
  status: "pending" | "completed";
}

interface Tasks {
  tasks: readonly Task[];
  failed: boolean;
  /** Read them again. */
  refresh(): Promise<void>;
}

export function useTasks(fetch: typeof globalThis.fetch): Tasks {
  const [tasks, setTasks] = useState<readonly Task[]>([]);
  const [failed, setFailed] = useState(false);
  const refresh = useCallback(async () => {
    const read = await all(fetch).catch(() => null);
    setFailed(read === null);
    if (read) setTasks(read);
  }, [fetch]);
  useEffect(() => void refresh(), [refresh]);
  return { tasks, failed, refresh };
}

const PAGE = 500;

async function all(fetch: typeof globalThis.fetch): Promise<Task[]> {
  const tasks: Task[] = [];
  for (;;) {
    const after = tasks.length ? `&after=${encodeURIComponent(tasks.at(-1)!.id)}` : "";
    const response = await fetch(`/api/tasks?limit=${PAGE}${after}`);
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const page = (await response.json()) as Task[];
    tasks.push(...page);
    if (page.length < PAGE) return tasks;
  }
}
