/** The thread: its items near the screen, and what is going on. */

import { type TemplateResult, html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { styled } from "../styled";
import type { ThreadItem } from "../protocol/types";
import { icon } from "./icons";
import { item } from "./items";
import { actions, turnEndingAt } from "./item_actions";
import { goOn } from "./incomplete";
import { failure, isOpen, notices, progress, threadStatus } from "./notices";
import { askedAt } from "./retry";
import type { Scroller } from "./scroller";
import type { View } from "./view";

const SILENT = new Set(["end_of_turn", "hidden_context_item", "sdk_hidden_context", "client_tool_call"]);

export function thread(view: View, scroller: Scroller): TemplateResult {
  const { conversation } = view;
  const { words } = view.locale;
  const { items, ids } = shown(conversation.state.items);
  const range = scroller.range(ids);
  const newest = items.at(-1)?.id;
  return html`<div class="scroll" part="thread" tabindex="0" role="region" aria-label=${words.conversation}
      @scroll=${scroller.onScroll}>
    <div class="rows" role="log" aria-live="polite" aria-busy=${conversation.isBusy}>
      <div class="gap" ${styled({ height: `${range.before}px` })}></div>
      ${repeat(
        items.slice(range.start, range.end),
        ({ id }) => id,
        (each, index) => {
          const isLive = conversation.isBusy && each.id === newest;
          const turn = turnEndingAt(items, range.start + index, conversation.isBusy);
          const isNewest = !conversation.isBusy && each.id === newest && isOpen(view);
          const drawn = guard([each, isLive, isNewest, askedAt(view, each.id), conversation.state.isGone, turn?.length, view.options, view.locale, view.scheme, mark(view, each)], () => [
            item(view, each, isLive),
            turn ? actions(view, turn) : nothing,
            isNewest ? goOn(view, each) : nothing,
          ]);
          return html`<article class="row ${each.type}" data-id=${each.id} aria-label=${speaker(view, each)}>${drawn}</article>`;
        },
      )}
      <div class="gap" ${styled({ height: `${range.after}px` })}></div>
      ${conversation.isLoading ? html`<p class="faint" role="status">${words.loading}</p>` : nothing}
      ${progress(view)} ${notices(view)} ${failure(view)} ${threadStatus(view)}
    </div>
    ${scroller.isAtEnd
      ? nothing
      : html`<button type="button" class="to-end" aria-label=${words.toEnd} title=${words.toEnd}
          @click=${() => scroller.toEnd(true)}>${icon("chevron-down")}</button>`}
  </div>`;
}

interface Shown {
  items: readonly ThreadItem[];
  ids: readonly string[];
}
const known = new WeakMap<readonly ThreadItem[], Shown>();

/** The items that can be seen, and their ids; the same arrays for the same items. */
function shown(items: readonly ThreadItem[]): Shown {
  const before = known.get(items);
  if (before) return before;
  const visible = items.filter((each) => !SILENT.has(each.type));
  const now = { items: visible, ids: visible.map(({ id }) => id) };
  known.set(items, now);
  return now;
}

/** State of the view that the drawing of an item depends on. */
function mark(view: View, each: ThreadItem): unknown {
  return view.ui.get(`item ${each.id}`);
}

function speaker(view: View, each: ThreadItem): string {
  return each.type === "user_message" ? view.locale.words.you : view.locale.words.assistant;
}
