/** The error that users see, with exit code 2: `message` says what happened and why, `help` what to do. */

export const errorCodes = [
  'USAGE',
  'CONFIG_MISSING',
  'CONFIG_INVALID',
  'POLICY_INVALID',
  'ENVIRONMENT_VARIABLE_MISSING',
  'DATABASE_MISSING',
  'DATABASES_DIFFER',
  'UNKNOWN_SCHEME',
  'UNREACHABLE',
  'AUTHENTICATION_FAILED',
  'TLS_REQUIRED',
  'NOT_A_DATABASE',
  'DATABASE_LOCKED',
  'DATABASE_NOT_FOUND',
  'INSUFFICIENT_PRIVILEGE',
  'UNSUPPORTED_SERVER',
  'NOT_IN_SYNC',
  'READ_ONLY_NODE',
  'QUERY_FAILED',
  'OUTPUT_NOT_WRITABLE',
  'FILE_EXISTS',
  'PENDING_CONFLICT',
  'REFUSED',
  'SNAPSHOT_INVALID',
  'BASELINE_INVALID',
  'FACTS_INVALID',
  'MODELS_UNREADABLE',
  'SCRATCH_IS_TARGET',
  'SCRATCH_MISSING',
  'PACKAGE_MISSING',
  'INTERRUPTED',
  'INTERNAL',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

export class OndeleteError extends Error {
  readonly code: ErrorCode;
  /** What the user can do, in one sentence; empty where the message already says it. */
  readonly help: string;
  /** The message, or one line for each of several mistakes. */
  readonly lines: readonly string[];

  constructor(code: ErrorCode, message: string | readonly string[], help = '', cause?: unknown) {
    const lines = [message].flat();
    super(lines.join('\n  '), cause === undefined ? undefined : { cause });
    this.name = 'OndeleteError';
    this.code = code;
    this.lines = lines;
    this.help = help;
  }
}

/** The `code` of anything thrown, as text, or ''. Errors of other realms and drivers fail `instanceof`. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' || typeof error.code === 'number' ? String(error.code) : '';
}

/** What an error was made from; the error itself where that is unknown. */
export function causeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'cause' in error ? error.cause : error;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  if (
    typeof error === 'object' &&
    error !== null &&
    'message' in error &&
    typeof error.message === 'string'
  ) {
    return error.message;
  }
  return String(error);
}

/** What the user can do about anything thrown; empty where it does not say. */
export function helpOf(error: unknown): string {
  const help = typeof error === 'object' && error !== null && 'help' in error ? error.help : '';
  return typeof help === 'string' ? help : '';
}

/**
 * Hides passwords in a text, because drivers print their input: everything between the user's colon and the last `@` of the
 * line (a password may contain blanks and slashes), `password=…`, and every literal secret of more than three characters.
 */
export function withoutPasswords(text: string, secrets: readonly string[] = []): string {
  const hidden = text
    .replace(/([a-z][a-z0-9+.-]*:\/\/[^:@/\s]*):[^\n]*@/gi, '$1:***@')
    .replace(/\b(password|passwd|pwd)=('[^'\n]*'|[^\s&]*)/gi, '$1=***');
  return secrets
    .filter((secret) => secret.length > 3)
    .reduce((rest, secret) => rest.split(secret).join('***'), hidden);
}

/** The passwords in words of a command line or of the environment, as written and decoded. */
export function secretsIn(words: readonly string[]): readonly string[] {
  return words.flatMap((word) => {
    const [, inUrl] = /^[a-z][a-z0-9+.-]*:(?:\/\/)?[^:@/]*:(.*)@/is.exec(word) ?? [];
    const [, named] = /\bpassword=('[^']*'|\S+)/i.exec(word) ?? [];
    return [inUrl, named]
      .filter((secret) => secret !== undefined)
      .flatMap((secret) => [secret, decoded(secret)]);
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
