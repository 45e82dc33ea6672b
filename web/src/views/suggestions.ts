/** Suggestions behind "@" and "/": entities to mention, and commands. */

import type { ChatKitOptions, Command, Entity } from "@openai/chatkit";
import type { Draft } from "../state/draft";

/** A command of the composer itself. */
export interface BuiltIn {
  id: string;
  label: string;
  icon: string;
  run(): void;
}

export type Suggestion =
  | { kind: "entity"; entity: Entity }
  | { kind: "command"; command: Command }
  /** One of the composer's own. */
  | { kind: "own"; command: BuiltIn };

const TRIGGER = /(?:^|\s)([@/])([^\s@/]*)$/u;

export class Suggestions {
  list: readonly Suggestion[] = [];
  chosen = 0;
  private asked = 0;

  constructor(
    private readonly draft: Draft,
    private readonly options: () => Partial<ChatKitOptions>,
    private readonly builtIns: (query: string) => BuiltIn[],
    private readonly changed: () => void,
  ) {}

  /** Offer what fits the word before the caret; answers that come too late are dropped. */
  async update(before: string): Promise<void> {
    const asked = ++this.asked;
    const [, trigger, query = ""] = TRIGGER.exec(before) ?? [];
    const found = trigger ? await this.search(trigger, query).catch(() => []) : [];
    if (asked === this.asked) this.set(found);
  }

  move(step: number): void {
    this.chosen = (this.chosen + step + this.list.length) % this.list.length;
    this.changed();
  }

  close(): void {
    this.asked++;
    this.set([]);
  }

  /** Take a suggestion into the draft in place of what was typed for it. */
  async take(suggestion: Suggestion | undefined, before: string, after: string): Promise<void> {
    if (!suggestion) return;
    this.close();
    const kept = before.replace(/[@/][^\s@/]*$/u, "");
    if (suggestion.kind === "entity") return this.insert(suggestion.entity, kept, after);
    this.draft.text = kept + after;
    this.changed();
    if (suggestion.kind === "own") return suggestion.command.run();
    const selection = await this.options().commands?.onSelect?.(suggestion.command);
    if (selection?.type === "entity") this.insert(selection.entity, kept, after);
    if (selection?.type === "menu") this.set(selection.commands.map((command) => ({ kind: "command", command })));
  }

  private insert(entity: Entity, before: string, after: string): void {
    this.draft.mention(entity);
    this.draft.text = `${before}@${entity.title} ${after}`;
    this.changed();
  }

  private async search(trigger: string, query: string): Promise<Suggestion[]> {
    const { entities, commands } = this.options();
    if (trigger === "@") {
      const found = (await entities?.onTagSearch?.(query)) ?? [];
      return found.map((entity) => ({ kind: "entity", entity }));
    }
    if (!commands?.enabled) return [];
    const own = this.builtIns(query).map((command) => ({ kind: "own" as const, command }));
    const found = (await commands.onSearch?.(query)) ?? [];
    return [...own, ...found.map((command) => ({ kind: "command" as const, command }))];
  }

  private set(list: readonly Suggestion[]): void {
    this.list = list;
    this.chosen = 0;
    this.changed();
  }
}
