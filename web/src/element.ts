/** The element `<openai-chatkit>`: takes options, keeps the parts together, draws them. */

import type {
  Attachment as GivenAttachment,
  ChatKitOptions,
  CustomApiConfig,
  OpenAIChatKit,
  ToolChoice,
  UserMessageContent,
} from "@openai/chatkit";
import { LitElement, type TemplateResult, html } from "lit";
import { styled } from "./styled";
import { type Locale, locale } from "./locale";
import { type ImageRule, imageRule } from "./markdown";
import { Client } from "./protocol/client";
import { Live } from "./protocol/live";
import type { Action, Attachment, UserContent, UserInput, WidgetItem } from "./protocol/types";
import { Conversation } from "./state/conversation";
import { Draft } from "./state/draft";
import { History } from "./state/history";
import { styles } from "./styles";
import { loadFonts, themeOf } from "./theme";
import { builtIns } from "./views/commands";
import { addFiles, composer } from "./views/composer";
import { openPreview } from "./views/entity";
import { header } from "./views/header";
import { history } from "./views/history";
import { keepComposing } from "./views/keys";
import { Scroller } from "./views/scroller";
import { start } from "./views/start";
import { Suggestions } from "./views/suggestions";
import { thread } from "./views/thread";
import type { View } from "./views/view";

/** Our own server's address for what ChatKit's protocol does not have; other servers leave it out. */
type Api = CustomApiConfig & { liveUrl?: string };

type Message = Parameters<OpenAIChatKit["sendUserMessage"]>[0];
type Value = Parameters<OpenAIChatKit["setComposerValue"]>[0];

export class ChatKitElement extends LitElement implements View {
  static override styles = styles;

  options: Partial<ChatKitOptions> = {};
  locale: Locale = locale(undefined);
  scheme: "light" | "dark" = "light";
  conversation!: Conversation;
  draft!: Draft;
  threads!: History;
  suggestions!: Suggestions;
  mayLoad: ImageRule = imageRule([], []);
  readonly ui = new Map<string, unknown>();

  private readonly scroller = new Scroller(this);
  private watching: AbortController | null = null;
  private variables: Record<string, string> = {};
  private api: Api | null = null;
  private spoken = "";

  // The public interface, as @openai/chatkit's types name it.

  setOptions(options: ChatKitOptions): void {
    if (!("url" in options.api)) {
      throw new TypeError("This element needs api.url; tokens of OpenAI's own hosting (getClientSecret) are not for it.");
    }
    this.options = options;
    this.locale = locale(options.locale);
    const theme = themeOf(options.theme);
    this.scheme = theme.scheme;
    this.variables = theme.variables;
    loadFonts(options.theme);
    const isNew = !this.api || this.api.url !== options.api.url;
    if (isNew) this.connect(options.api, options.initialThread ?? null);
    // The page's functions may be new ones; what they were given to stays.
    else if (this.api) Object.assign(this.api, options.api);
    this.redraw();
  }

  async focusComposer(): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLTextAreaElement>("#message")?.focus();
  }

  async setThreadId(threadId: string | null): Promise<void> {
    await this.conversation.open(threadId);
  }

  async sendCustomAction(action: Action, itemId?: string): Promise<void> {
    await this.conversation.act(action, itemId ?? null, true);
  }

  async sendUserMessage(message: Message): Promise<void> {
    if (message.newThread) await this.conversation.open(null);
    await this.send({
      content: contentOf(message),
      attachments: (message.attachments ?? []).map(({ id }) => id),
      quoted_text: message.reply ?? null,
      inference_options: { model: message.model ?? this.draft.modelId, tool_choice: choice(message.toolChoice) },
    });
  }

  async setComposerValue(value: Value): Promise<void> {
    const { draft } = this;
    if (value.text !== undefined || value.content) draft.fill(contentOf(value));
    if (value.reply !== undefined) draft.quote = value.reply;
    if (value.attachments) draft.attach(value.attachments as GivenAttachment[] as Attachment[]);
    if (value.files) addFiles(this, value.files);
    if (value.selectedToolId !== undefined) draft.toolId = value.selectedToolId;
    if (value.selectedModelId !== undefined) draft.modelId = value.selectedModelId;
    this.redraw();
  }

  async fetchUpdates(): Promise<void> {
    await Promise.all([this.conversation.refresh(), this.threads.load()]);
  }

  async showHistory(): Promise<void> {
    if (this.ui.get("history") === true) return;
    this.ui.set("history", true);
    this.emit("history.open");
    await this.threads.load();
  }

  async hideHistory(): Promise<void> {
    if (!this.ui.delete("history")) return;
    this.emit("history.close");
    this.redraw();
  }

  // What the views ask for.

  redraw(): void {
    this.requestUpdate();
  }

  emit(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(`chatkit.${name}`, { detail, bubbles: true, composed: true }));
  }

  say(message: string): void {
    this.spoken = message;
    this.redraw();
  }

  async show(threadId: string | null): Promise<void> {
    await this.hideHistory();
    this.scroller.reset();
    await this.conversation.open(threadId);
    if (threadId === null) await this.focusComposer();
  }

  async submit(): Promise<void> {
    const { draft, options } = this;
    await draft.uploaded();
    if (draft.isEmpty || draft.isUploading || this.conversation.isBusy) return;
    const input = draft.input();
    const { text } = draft;
    const tool = options.composer?.tools?.find(({ id }) => id === draft.toolId);
    draft.clear(tool?.persistent ?? false);
    if (tool && !tool.persistent) this.emit("tool.change", { toolId: null });
    if (!(await this.send(input)) && draft.isEmpty) draft.fill([{ type: "input_text", text }]);
  }

  async goOn(message: string): Promise<void> {
    if (this.conversation.isBusy) return;
    const content: UserContent[] = [{ type: "input_text", text: message }];
    const inference_options = { model: this.draft.modelId, tool_choice: null };
    await this.send({ content, attachments: [], quoted_text: null, inference_options });
  }

  /** A widget's action: the page's own business, or the server's. */
  async act(action: Action & { handler?: string; streaming?: boolean }, item: WidgetItem): Promise<void> {
    const { handler, streaming, type, payload } = action;
    const plain = { type, ...(payload ? { payload } : {}) };
    if (handler === "client") {
      await this.options.widgets?.onAction?.(plain, { id: item.id, widget: item.widget as never });
      return;
    }
    this.ui.set(`item ${item.id}`, "busy");
    this.redraw();
    try {
      await this.conversation.act(plain, item.id, streaming !== false);
    } finally {
      this.ui.delete(`item ${item.id}`);
      this.redraw();
    }
  }

  // The element's own life.

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.api && !this.watching) this.watch();
    this.emit("ready");
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.watching?.abort();
    this.watching = null;
    this.conversation?.leave();
    this.scroller.disconnect();
  }

  /** Draw at most once a frame, however fast an answer comes. A hidden page has no frames. */
  protected override async scheduleUpdate(): Promise<void> {
    if (!document.hidden) await new Promise((resolve) => requestAnimationFrame(resolve));
    super.scheduleUpdate();
  }

  protected override render(): TemplateResult {
    if (!this.api) return html``;
    const { conversation } = this;
    const isNew = conversation.state.items.length === 0 && !conversation.isLoading && !conversation.isBusy;
    const isHistory = this.ui.get("history") === true;
    return html`<div class="root ${this.scheme}" part="root" lang=${this.locale.tag} dir=${this.locale.direction}
        @keydown=${keepComposing} role="group" aria-label=${this.options.frameTitle ?? this.locale.words.chat} ${styled(this.variables)}>
      ${header(this)} ${isHistory ? history(this) : html`<div class="stage ${isNew ? "new" : ""}">
        ${thread(this, this.scroller)} ${isNew ? start(this) : ""}
      </div>${composer(this)}`}
      ${openPreview(this)}
      <p class="hidden" role="status">${this.spoken}</p>
    </div>`;
  }

  protected override updated(): void {
    this.scroller.drawn(this.renderRoot);
    this.focusNew();
    const area = this.renderRoot.querySelector<HTMLTextAreaElement>("#message");
    if (area && area.dataset["for"] !== area.value) grow(area);
  }

  /** Focus an element that asks for the keyboard when it appears, and only then: the reader may have moved on. */
  private focusNew(): void {
    const wanting = this.renderRoot.querySelector<HTMLElement>("[autofocus]");
    if (wanting && wanting !== this.focusedOnce) wanting.focus();
    this.focusedOnce = wanting;
  }
  private focusedOnce: Element | null = null;

  private connect(api: Api, threadId: string | null): void {
    this.watching?.abort();
    this.conversation?.leave();
    this.api = { ...api };
    const client = new Client(this.api, this.locale.tag);
    const live = api.liveUrl ? new Live(client, new URL(api.liveUrl, document.baseURI)) : null;
    const changed = (): void => this.redraw();
    const failed = (error: unknown): void => this.report(error);
    this.threads = new History(client, changed, failed);
    this.draft = new Draft(client, changed, failed);
    this.draft.modelId = this.options.composer?.models?.find((model) => model.default && !model.disabled)?.id ?? null;
    this.suggestions = new Suggestions(this.draft, () => this.options, (query) => builtIns(this, query), changed);
    this.conversation = new Conversation(client, this.host(), live);
    this.live = live;
    if (this.isConnected) this.watch();
    this.scroller.reset();
    if (threadId) void this.conversation.open(threadId);
  }
  private live: Live | null = null;

  private host(): ConstructorParameters<typeof Conversation>[1] {
    return {
      changed: () => {
        this.readRules();
        this.redraw();
      },
      emit: (name, detail) => this.emit(name, detail),
      runTool: async (name, params) => {
        const run = this.options.onClientTool;
        if (!run) throw new Error(`The page has no onClientTool, which ${name} needs.`);
        return run({ name, params });
      },
      threadsChanged: () => void (this.ui.get("history") === true && this.threads.load()),
    };
  }

  /** Update the rule for the origins of images; an equal rule keeps its identity, because views depend on it. */
  private readRules(): void {
    const hosts = this.conversation.state.thread?.allowed_image_domains ?? [];
    const known = `${this.api?.url} ${hosts.join(" ")}`;
    if (known === this.known) return;
    this.known = known;
    this.mayLoad = imageRule([location.origin, new URL(this.api?.url ?? "", document.baseURI).origin], hosts);
  }
  private known = "";

  /** Subscribe to the changes of other tabs and devices. */
  private watch(): void {
    const watching = new AbortController();
    this.watching = watching;
    if (this.live) void this.followChanges(this.live, watching.signal);
  }

  private async followChanges(live: Live, signal: AbortSignal): Promise<void> {
    for await (const change of live.changes(signal)) {
      this.emit("log", { name: change.type, data: { ...change } });
      // Some changes were missed: load everything again.
      const isAny = change.type === "resync";
      if ((isAny || change.type.startsWith("thread.")) && this.ui.get("history") === true) void this.threads.load();
      if (isAny || this.conversation.isAbout(change.thread_id)) {
        if (change.type === "thread.deleted") this.conversation.lose();
        else void this.conversation.refresh(change.item_id);
      }
    }
  }

  private async send(input: UserInput): Promise<boolean> {
    this.scroller.toEnd(true);
    const sent = this.conversation.send(input);
    if (this.options.thread?.autoScroll === false) this.scroller.release();
    return sent;
  }

  private report(error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error));
    this.say(reason.message);
    this.emit("error", { error: reason });
  }
}

/** As high as its text, up to what the style sheet allows. */
function grow(area: HTMLTextAreaElement): void {
  area.dataset["for"] = area.value;
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}

function contentOf({ text, content }: { text?: string; content?: UserMessageContent[] }): UserContent[] {
  const parts = content ?? (text ? [{ type: "input_text" as const, text }] : []);
  return parts.map((part) => (part.type === "input_tag" ? { ...part, data: part.data ?? {} } : part));
}

function choice(tool: ToolChoice | undefined): ToolChoice | null {
  return tool ?? null;
}
