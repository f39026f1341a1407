/** Every way to print a report; each has a file of its own in this folder. A command takes those that it can fill. */
export const formats = ['text', 'json', 'markdown', 'github', 'sarif', 'mermaid', 'dot'] as const;
export type Format = (typeof formats)[number];
