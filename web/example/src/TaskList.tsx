/** The user's tasks as the server has them. */

export interface Task {
  id: string;
  title: string;
  priority: "low" | "medium" | "high";
  status: "pending" | "completed";
}

export function TaskList({ tasks }: { tasks: readonly Task[] }) {
  if (!tasks.length) return <p>Nothing to do.</p>;
  return (
    <ul>
      {tasks.map(({ id, title, priority, status }) => (
        <li key={id} data-status={status}>
          <span dir="auto">{title}</span> <small>{priority}</small>
        </li>
      ))}
    </ul>
  );
}
