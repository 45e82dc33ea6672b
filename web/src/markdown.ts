/** Markdown as nodes of the page, without parts that could act, load or restyle. */

import DOMPurify from "dompurify";
import { Marked } from "marked";

export const LINK_SCHEMES = /^(?:https?:|mailto:|tel:|chatkit-link:|#|\/(?!\/))/i;

/** Rule for images: the page's own, embedded ones, and those of the named hosts may be loaded. */
export type ImageRule = (url: string) => boolean;

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    // Text that looks like HTML is text.
    html: ({ text }) => escapeHtml(text),
  },
});

const CLEAN = {
  RETURN_DOM_FRAGMENT: true as const,
  ALLOWED_TAGS: (
    "a p br hr em strong del code pre blockquote ul ol li h1 h2 h3 h4 h5 h6 table thead tbody tr th td img input"
  ).split(" "),
  ALLOWED_ATTR: ["href", "title", "src", "alt", "align", "class", "start", "type", "checked", "disabled"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|chatkit-link:|data:image\/(?:png|jpe?g|gif|webp);|blob:|#|\/(?!\/))/i,
};

/** The address of a reference such as "[1]: https://…" holds for the whole text, wherever it is defined. */
const REFERENCE = /^[ >]*\[[^\]]+\]:/m;
/** Characters that reverse the letters behind them: "exe.gpj" reads as an image. No script needs them. */
const OVERRIDES = /[\u202d\u202e]/g;
/** Number of last blocks that later text may change: they may become a list, a table or a heading. */
const UNSETTLED = 2;

interface Block {
  raw: string;
  html: string;
}

/** Top-level blocks of a growing text, as HTML that is not yet cleaned. Settled blocks are not parsed again. */
export class Blocks {
  private text = "";
  private blocks: readonly Block[] = [];

  of(given: string): string[] {
    const text = given.replace(/\r\n?/g, "\n").replace(OVERRIDES, "");
    const kept = text.startsWith(this.text) && !REFERENCE.test(text) ? this.blocks.slice(0, -UNSETTLED) : [];
    const start = kept.reduce((length, { raw }) => length + raw.length, 0);
    this.text = text;
    this.blocks = [...kept, ...read(text.slice(start))];
    return this.blocks.map(({ html }) => html);
  }
}

/** Each block with the white space before it, so that the blocks together are the whole text. */
function read(text: string): Block[] {
  const blocks: Block[] = [];
  let space = "";
  for (const token of marked.lexer(text)) {
    if (token.type === "space") space += token.raw;
    else {
      blocks.push({ raw: space + token.raw, html: marked.parser([token]) });
      space = "";
    }
  }
  return blocks;
}

/** One block as nodes, safe at any place of the page. */
export function clean(html: string, mayLoad: ImageRule): DocumentFragment {
  const fragment = DOMPurify.sanitize(html, CLEAN) as unknown as DocumentFragment;
  fragment.querySelectorAll("a").forEach(tameLink);
  fragment.querySelectorAll("img").forEach((image) => tameImage(image, mayLoad));
  fragment.querySelectorAll("input").forEach((box) => {
    box.type = "checkbox";
    box.disabled = true;
    box.ariaLabel = box.parentElement?.textContent?.trim() || null;
  });
  fragment.querySelectorAll("table").forEach((table) => wrap(table, "table"));
  fragment.querySelectorAll("pre").forEach((code) => wrap(code, "code"));
  return fragment;
}

/** True for an address that a link may open. */
export function isSafeLink(url: string): boolean {
  return LINK_SCHEMES.test(url);
}

/** Build the rule for images of a thread: they may be loaded from `hosts` and their subdomains. */
export function imageRule(origins: readonly string[], hosts: readonly string[]): ImageRule {
  return (url) => {
    if (/^(?:data:image\/(?:png|jpe?g|gif|webp)[;,]|blob:)/i.test(url)) return true;
    if (!/^(?:https?:\/\/|\/(?!\\|%5c))/i.test(url) || !URL.canParse(url, document.baseURI)) return false;
    const address = new URL(url, document.baseURI);
    const isNamed = hosts.some((host) => address.hostname === host || address.hostname.endsWith(`.${host}`));
    return origins.includes(address.origin) || isNamed;
  };
}

function tameLink(link: HTMLAnchorElement): void {
  const address = link.getAttribute("href") ?? "";
  if (!isSafeLink(address)) link.removeAttribute("href");
  else if (!address.startsWith("#") && !address.startsWith("chatkit-link:")) {
    // The words of a link may name another address than its target.
    link.title = address;
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
  }
}

/** Replace an image that may not be loaded by a link to it. */
function tameImage(image: HTMLImageElement, mayLoad: ImageRule): void {
  const source = image.getAttribute("src") ?? "";
  if (mayLoad(source)) {
    image.loading = "lazy";
    return;
  }
  const link = document.createElement("a");
  link.textContent = image.alt || source;
  if (isSafeLink(source)) link.href = source;
  tameLink(link);
  image.replaceWith(link);
}

function wrap(element: Element, className: string): void {
  const frame = document.createElement("div");
  frame.className = className;
  if (className === "table") frame.tabIndex = 0;
  element.replaceWith(frame);
  frame.append(element);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
