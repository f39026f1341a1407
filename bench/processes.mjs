// Processes beside the bench: clients that work until they are stopped and then print what they saw, and programs that end by themselves.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} program @param {readonly string[]} args @returns {Promise<{ pid: number, stop: () => Promise<any> }>} what it prints is JSON */
export async function startProcess(program, args) {
  const child = spawn(process.execPath, [join(ROOT, program), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  const closed = new Promise((resolve) => child.on('close', resolve));
  await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text;
      if (out.includes('ready')) resolve(undefined);
    });
  });
  return {
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await closed;
      return JSON.parse(
        out.split('\n').find((line) => line.startsWith('{')) ?? '{"count":0,"worst":0,"errors":{}}',
      );
    },
  };
}

/** @param {string} program @param {readonly string[]} args @param {string} input @param {string} [cwd] @returns {Promise<{ code: number | null, stderr: string }>} */
export function runProgram(program, args, input, cwd) {
  const child = spawn(program, [...args], { cwd, stdio: ['pipe', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stderr }));
  });
}

/** @param {number} milliseconds */
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
