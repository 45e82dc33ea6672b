/** The tasks beside the chat; one of them can be selected. */

import type { Task } from "./tasks";

interface TaskListProps {
  tasks: readonly Task[];
  selected: string | null;
  /** A task's id, or null when the selected one is clicked again. */
  onSelect(id: string | null): void;
}

export function TaskList({ tasks, selected, onSelect }: TaskListProps) {
  if (!tasks.length) return <p>Nothing to do.</p>;
  return (
    <ul>
      {tasks.map(({ id, title, priority, status }) => (
        <li key={id}>
          <button
            type="button"
            data-status={status}
            aria-pressed={id === selected}
            onClick={() => onSelect(id === selected ? null : id)}
          >
            <span dir="auto">{title}</span> <small>{priority}</small>
          </button>
        </li>
      ))}
    </ul>
  );
}
