/** Configurations and policies from text. */
import { type Config, configFrom } from '../../src/config/read.ts';
import { parseConfigText } from '../../src/config/yaml-text.ts';
import type { Environment } from '../../src/config/environment.ts';
import { codeOf, messageOf } from '../../src/core/errors.ts';
import type { Policy } from '../../src/policy/policy.ts';

export async function configOf(text: string, environment: Environment = {}): Promise<Config> {
  return configFrom(parseConfigText(text, 'c.yaml'), '/c.yaml', environment);
}

export async function policyOf(text: string): Promise<Policy> {
  const { policy } = await configOf(text);
  if (policy === null) throw new Error('the text has no policy');
  return policy;
}

/** `CODE message | help` of what reading a text throws, or `read`. */
export async function failureOf(text: string, environment: Environment = {}): Promise<string> {
  try {
    await configOf(text, environment);
    return 'read';
  } catch (error) {
    return failureText(error);
  }
}

export function failureText(error: unknown): string {
  const help = typeof error === 'object' && error !== null && 'help' in error ? String(error.help) : '';
  return `${codeOf(error)} ${messageOf(error)}${help === '' ? '' : ` | ${help}`}`;
}
