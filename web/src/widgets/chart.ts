/** Charts of bars, lines and areas, with the figures as a table for screen readers. */

import { type TemplateResult, html, nothing, svg } from "lit";
import { styled } from "../styled";
import { type Drawn, type Node, type WidgetContext, textOf } from "./context";
import { block, colour } from "./values";

const WIDTH = 600;
const HEIGHT = 220;
const LABELS = 24;
const COLOURS = ["blue-500", "purple-500", "orange-500", "green-500", "red-500", "yellow-500", "pink-500"];

interface Series {
  type: string;
  label: string;
  key: string;
  color: string;
  values: number[];
}

export function chart(node: Node, context: WidgetContext): Drawn {
  const rows = recordsOf(node["data"]);
  const series = seriesOf(node, rows, context);
  if (!rows.length || !series.length) return nothing;
  const names = namesOf(node, rows);
  const top = Math.max(1, ...series.flatMap(({ values }) => values));
  const bars = series.filter(({ type }) => type === "bar");
  return html`<figure class="w-chart" ${styled(block(node))}>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT + LABELS}" aria-hidden="true">
      ${bars.map((each, index) => barsOf(each, index, bars.length, top))}
      ${series.filter(({ type }) => type !== "bar").map((each) => curve(each, top))}
      ${names.map((name, index) => svg`<text x=${middle(index, names.length)} y=${HEIGHT + 18} text-anchor="middle">${name}</text>`)}
    </svg>
    ${node["showLegend"] === false ? nothing : legend(series)} ${figures(series, names)}
  </figure>`;
}

function seriesOf(node: Node, rows: readonly Record<string, unknown>[], { scheme }: WidgetContext): Series[] {
  return recordsOf(node["series"]).map((each, index) => {
    const key = textOf(each["dataKey"]);
    const color = colour(each["color"], scheme) ?? colour(COLOURS[index % COLOURS.length], scheme) ?? "currentColor";
    return {
      type: textOf(each["type"]),
      label: textOf(each["label"]) || key,
      key,
      color,
      values: rows.map((row) => Math.max(0, Number(row[key]) || 0)),
    };
  });
}

function recordsOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]).filter((each) => each && typeof each === "object") : [];
}

function namesOf(node: Node, rows: readonly Record<string, unknown>[]): string[] {
  const axis = node["xAxis"];
  const { dataKey, labels, hide } = (typeof axis === "object" && axis !== null ? axis : { dataKey: axis }) as {
    dataKey?: unknown;
    labels?: Record<string, unknown>;
    hide?: unknown;
  };
  if (hide) return rows.map(() => "");
  return rows.map((row) => textOf(row[textOf(dataKey)])).map((name) => textOf(labels?.[name]) || name);
}

function middle(index: number, count: number): number {
  return ((index + 0.5) / count) * WIDTH;
}

function barsOf({ values, color }: Series, place: number, count: number, top: number): TemplateResult[] {
  const room = (WIDTH / values.length) * 0.7;
  const width = room / count;
  return values.map((value, index) => {
    const height = (value / top) * HEIGHT;
    const x = middle(index, values.length) - room / 2 + place * width;
    return svg`<rect x=${x} y=${HEIGHT - height} width=${width * 0.9} height=${height} rx="3" fill=${color} />`;
  });
}

function curve({ values, color, type }: Series, top: number): TemplateResult {
  const points = values.map((value, index) => `${middle(index, values.length)},${HEIGHT - (value / top) * HEIGHT}`);
  const first = middle(0, values.length);
  const last = middle(values.length - 1, values.length);
  return svg`${type === "area" ? svg`<polygon points="${first},${HEIGHT} ${points.join(" ")} ${last},${HEIGHT}" fill=${color} opacity="0.25" />` : nothing}
    <polyline points=${points.join(" ")} fill="none" stroke=${color} stroke-width="2.5" />`;
}

function legend(series: readonly Series[]): TemplateResult {
  return html`<ul class="w-legend" aria-hidden="true">
    ${series.map(({ label, color }) => html`<li><span class="swatch" ${styled({ "background-color": color })}></span>${label}</li>`)}
  </ul>`;
}

function figures(series: readonly Series[], names: readonly string[]): TemplateResult {
  return html`<table class="hidden">
    <tr><td></td>${series.map(({ label }) => html`<th scope="col">${label}</th>`)}</tr>
    ${names.map((name, index) => html`<tr><th scope="row">${name}</th>${series.map(({ values }) => html`<td>${values[index]}</td>`)}</tr>`)}
  </table>`;
}
