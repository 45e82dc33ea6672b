/** Workflow of an answer: thoughts, searches, files, steps. */

import { type TemplateResult, html, nothing } from "lit";
import type { WorkTask, WorkflowItem } from "../protocol/types";
import { source } from "./assistant_message";
import { icon } from "./icons";
import { markdown } from "./rich_text";
import type { View } from "./view";

export function workflow(view: View, { workflow: work }: WorkflowItem, isLive: boolean): TemplateResult {
  const isOpen = work.expanded ?? (isLive && !work.summary);
  return html`<details class="workflow" ?open=${isOpen}>
    <summary>
      ${work.summary && "icon" in work.summary && work.summary.icon ? icon(work.summary.icon) : nothing}
      <span dir="auto">${title(view, work)}</span>${icon("chevron-down")}
    </summary>
    <ol class="steps">${work.tasks.map((each) => task(view, each))}</ol>
  </details>`;
}

export function task(view: View, each: WorkTask): TemplateResult {
  return html`<li class="step ${each.status_indicator ?? "none"}">
    <p class="step-title" dir="auto">${icon(each.icon ?? ICONS[each.type])} ${titleOf(view, each)}</p>
    ${each.content ? markdown(view, each.content) : nothing}
    ${each.queries?.length ? html`<ul class="queries">${each.queries.map((query) => html`<li>${query}</li>`)}</ul>` : nothing}
    ${each.sources?.length
      ? html`<ul class="sources">${each.sources.map((one) => html`<li>${source(view, one)}</li>`)}</ul>`
      : nothing}
  </li>`;
}

const ICONS: Record<WorkTask["type"], string> = {
  custom: "dot",
  web_search: "search",
  thought: "lightbulb",
  file: "document",
  image: "image",
};

function titleOf(view: View, each: WorkTask): string {
  const { words } = view.locale;
  if (each.title) return each.title;
  const named = { web_search: words.searching, thought: words.thought, file: words.readingFiles, image: words.drawing };
  return each.type === "custom" ? "" : (each.title_query ?? named[each.type]);
}

function title(view: View, { summary, tasks, type }: WorkflowItem["workflow"]): string {
  const { words } = view.locale;
  if (summary && "title" in summary) return summary.title;
  if (summary) return words.thoughtFor.replace("{n}", String(summary.duration));
  const newest = tasks.at(-1);
  return newest ? titleOf(view, newest) || words.working : type === "reasoning" ? words.thinking : words.working;
}
