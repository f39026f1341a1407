/** Text from a database or a policy, made harmless for each format: it can open no tag, table cell, link, mention or command. */
import { visible, visibleLines } from '../core/visible.ts';

const numeric = (character: string): string => `&#${character.charCodeAt(0)};`;

/** Between HTML tags and inside double quotes. */
export function html(text: string): string {
  return visible(text).replace(/[&<>"'`]/g, numeric);
}

/** Prose of the catalogue: what stands in backticks becomes code. */
export function proseHtml(text: string): string {
  return html(text).replace(/&#96;(.*?)&#96;/g, '<code>$1</code>');
}

/** JSON inside a script element: nothing in it ends the element. */
export function scriptJson(data: unknown): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What GitHub or GitLab would turn into a link: a mention, an issue number, an address. */
const linking = /[@#!$%&~](?=[\p{L}\p{N}_])|:(?=\/\/)|(?<=www)\.|(?<=GH)-(?=\d)/gu;

/** Prose in Markdown, on a line of its own or in a table cell. */
export function prose(text: string, most = 500): string {
  // An empty comment splits what would become a link.
  return visible(clip(text, most))
    .replace(linking, '$&\u0000')
    .replaceAll('&', '&amp;')
    .replace(/[\\`*_{}[\]<>()|~"'^]/g, numeric)
    .replaceAll('\u0000', '<!-- -->');
}

/** A name as code in Markdown. A tag, because no backtick fence is safe in a table cell. */
export function code(text: string, most = 200): string {
  const inner = visible(clip(text, most))
    .replaceAll('&', '&amp;')
    .replace(/[\\`*_{}[\]<>|~"'^#@!:.$]/g, numeric);
  return `<code>${readable(inner)}</code>`;
}

/** Between letters and digits `_` and `.` are harmless, so the source stays readable. */
function readable(encoded: string): string {
  return encoded
    .replace(/(?<=[\p{L}\p{N}])&#95;(?=[\p{L}\p{N}])/gu, '_')
    .replace(/(?<=[\p{L}\p{N}])&#46;(?=[\p{L}\p{N}])/gu, '.');
}

/** Lines of code in Markdown, in a fence that nothing in them can close. */
export function fenced(text: string, language: string): readonly string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}${language}`, ...visibleLines(text).split('\n'), fence];
}

/** A label in Mermaid, which reads `#35;` as a character by its number. */
export function mermaidLabel(text: string): string {
  return visible(text).replace(
    /[^\p{L}\p{N} .,:_→-]/gu,
    (character) => `#${character.codePointAt(0) ?? 32};`,
  );
}

/** A quoted label in DOT, where backslashes act as well: https://graphviz.org/doc/info/lang.html */
export function dotString(text: string): string {
  return `"${visible(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** The message of a workflow command: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts */
export function commandData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

/** A property of a workflow command. */
export function commandProperty(text: string): string {
  return commandData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function clip(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
