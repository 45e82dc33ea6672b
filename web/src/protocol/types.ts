/** ChatKit's protocol as it is on the wire (chatkit-python's types.py). */

import type { Widgets } from "@openai/chatkit";

export type WidgetRoot = Widgets.WidgetRoot;

export interface Page<T> {
  data: T[];
  has_more: boolean;
  after?: string | null;
}

export interface ThreadMetadata {
  id: string;
  title?: string | null;
  created_at: string;
  status?: { type: "active" | "locked" | "closed"; reason?: string | null };
  allowed_image_domains?: string[] | null;
}

export interface Thread extends ThreadMetadata {
  items: Page<ThreadItem>;
}

interface ItemBase {
  id: string;
  thread_id: string;
  created_at: string;
}

export interface TextContent {
  type: "input_text";
  text: string;
}

export interface TagContent {
  type: "input_tag";
  id: string;
  text: string;
  data: Record<string, unknown>;
  group?: string | null;
  interactive?: boolean;
}

export type UserContent = TextContent | TagContent;

export interface Attachment {
  type: "file" | "image";
  id: string;
  name: string;
  mime_type: string;
  preview_url?: string;
  upload_descriptor?: { url: string; method: "POST" | "PUT"; headers?: Record<string, string> } | null;
}

export interface InferenceOptions {
  tool_choice?: { id: string } | null;
  model?: string | null;
}

export interface UserInput {
  content: UserContent[];
  attachments: string[];
  quoted_text?: string | null;
  inference_options: InferenceOptions;
}

export interface UserMessage extends ItemBase {
  type: "user_message";
  content: UserContent[];
  attachments?: Attachment[];
  quoted_text?: string | null;
  inference_options?: InferenceOptions;
}

interface SourceBase {
  title: string;
  description?: string | null;
  timestamp?: string | null;
  group?: string | null;
}
export interface UrlSource extends SourceBase {
  type: "url";
  url: string;
  attribution?: string | null;
}
export interface FileSource extends SourceBase {
  type: "file";
  filename: string;
}
export interface EntitySource extends SourceBase {
  type: "entity";
  id: string;
  icon?: string | null;
  label?: string | null;
  inline_label?: string | null;
  interactive?: boolean;
  data?: Record<string, string>;
}
export type Source = UrlSource | FileSource | EntitySource;

export interface Annotation {
  type: "annotation";
  source: Source;
  index?: number | null;
}

export interface AssistantContent {
  type: "output_text";
  text: string;
  annotations: Annotation[];
}

/** Reason of an incomplete answer; other servers do not send it. */
export type IncompleteReason =
  | "stopped"
  | "disconnected"
  | "interrupted"
  | "max_output_tokens"
  | "max_steps"
  | "content_filter"
  | "failed";

interface MaybeIncomplete {
  status?: "incomplete";
  incomplete_details?: { reason: IncompleteReason };
}

export interface AssistantMessage extends ItemBase, MaybeIncomplete {
  type: "assistant_message";
  content: AssistantContent[];
}

export interface ClientToolCall extends ItemBase {
  type: "client_tool_call";
  status: "pending" | "completed";
  call_id: string;
  name: string;
  arguments: Record<string, unknown>;
}

export interface WidgetItem extends ItemBase {
  type: "widget";
  widget: WidgetRoot;
  copy_text?: string | null;
}

export interface GeneratedImageItem extends ItemBase {
  type: "generated_image";
  image?: { id: string; url: string } | null;
  /** From 0 to 1; sent with updates only. */
  progress?: number | null;
}

export interface StructuredAnswer {
  values: string[];
  skipped: boolean;
}

export interface StructuredQuestion {
  type: "multiple_choice" | "freeform";
  id: string;
  question: string;
  answer?: StructuredAnswer | null;
  options?: { value: string }[];
  multiple?: boolean;
  description?: string | null;
}

export interface StructuredInputItem extends ItemBase {
  type: "structured_input";
  status: "pending" | "answered" | "skipped";
  inputs: StructuredQuestion[];
}

export interface StructuredSubmission {
  status: "answered" | "skipped";
  answers: Record<string, StructuredAnswer>;
}

export interface WorkTask {
  type: "custom" | "web_search" | "thought" | "file" | "image";
  status_indicator?: "none" | "loading" | "complete";
  title?: string | null;
  icon?: string | null;
  content?: string | null;
  title_query?: string | null;
  queries?: string[];
  sources?: (UrlSource | FileSource)[];
}

/** With details it is the note that ends an incomplete answer. */
export interface TaskItem extends ItemBase, MaybeIncomplete {
  type: "task";
  task: WorkTask;
}

export interface Workflow {
  type: "custom" | "reasoning";
  tasks: WorkTask[];
  summary?: { title: string; icon?: string | null } | { duration: number } | null;
  expanded?: boolean;
}

export interface WorkflowItem extends ItemBase {
  type: "workflow";
  /** The titles of its steps that changed something; other servers say nothing of it. */
  changes?: string[];
  workflow: Workflow;
}

/** Items that are never drawn: marks for the server and the end of a turn. */
export interface SilentItem extends ItemBase {
  type: "end_of_turn" | "hidden_context_item" | "sdk_hidden_context";
}

export type ThreadItem =
  | UserMessage
  | AssistantMessage
  | ClientToolCall
  | WidgetItem
  | GeneratedImageItem
  | StructuredInputItem
  | TaskItem
  | WorkflowItem
  | SilentItem;

export type ItemUpdate =
  | { type: "assistant_message.content_part.added"; content_index: number; content: AssistantContent }
  | { type: "assistant_message.content_part.text_delta"; content_index: number; delta: string }
  | {
      type: "assistant_message.content_part.annotation_added";
      content_index: number;
      annotation_index: number;
      annotation: Annotation;
    }
  | { type: "assistant_message.content_part.done"; content_index: number; content: AssistantContent }
  | { type: "widget.streaming_text.value_delta"; component_id: string; delta: string; done: boolean }
  | { type: "widget.component.updated"; component_id: string; component: object }
  | { type: "widget.root.updated"; widget: WidgetRoot }
  | { type: "workflow.task.added"; task_index: number; task: WorkTask }
  | { type: "workflow.task.updated"; task_index: number; task: WorkTask }
  | { type: "generated_image.updated"; image: { id: string; url: string }; progress?: number | null };

export interface Notice {
  level: "info" | "warning" | "danger";
  message: string;
  title?: string | null;
}

export type ThreadEvent =
  | { type: "thread.created"; thread: Thread }
  | { type: "thread.updated"; thread: Thread }
  | { type: "thread.item.added"; item: ThreadItem }
  | { type: "thread.item.updated"; item_id: string; update: ItemUpdate }
  | { type: "thread.item.done"; item: ThreadItem }
  | { type: "thread.item.removed"; item_id: string }
  | { type: "thread.item.replaced"; item: ThreadItem }
  | { type: "stream_options"; stream_options: { allow_cancel: boolean } }
  | { type: "progress_update"; icon?: string | null; text: string }
  | { type: "client_effect"; name: string; data?: Record<string, unknown> }
  | { type: "error"; code?: string; message?: string | null; allow_retry?: boolean }
  | ({ type: "notice" } & Notice);

export interface Action {
  type: string;
  payload?: Record<string, unknown>;
}
