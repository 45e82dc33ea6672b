/** State and actions that every view may use; the element implements them. */

import type { ChatKitOptions } from "@openai/chatkit";
import type { Locale } from "../locale";
import type { ImageRule } from "../markdown";
import type { Action, WidgetItem } from "../protocol/types";
import type { Conversation } from "../state/conversation";
import type { Draft } from "../state/draft";
import type { History } from "../state/history";
import type { Suggestions } from "./suggestions";

export interface View {
  readonly options: Partial<ChatKitOptions>;
  readonly locale: Locale;
  readonly scheme: "light" | "dark";
  readonly conversation: Conversation;
  readonly draft: Draft;
  readonly threads: History;
  readonly suggestions: Suggestions;
  readonly mayLoad: ImageRule;
  /** Things that are open, chosen or being changed, by a name of the view's own. */
  readonly ui: Map<string, unknown>;
  /** Root of all views. */
  readonly renderRoot: ParentNode;
  redraw(): void;
  emit(name: string, detail?: unknown): void;
  say(message: string): void;
  act(action: Action, item: WidgetItem): Promise<void>;
  submit(): Promise<void>;
  /** Ask the model, in these words, to go on with an answer that is incomplete. */
  goOn(message: string): Promise<void>;
  show(threadId: string | null): Promise<void>;
  showHistory(): Promise<void>;
  hideHistory(): Promise<void>;
  focusComposer(): Promise<void>;
}
