// Whatever a password holds: it is read as it was written, or nothing of it is printed.
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hostOf, serverUrl } from '../../src/core/database-url.ts';
import { messageOf } from '../../src/core/errors.ts';

describe('the URL of a server', () => {
  test.each([
    ['postgres://u:p@ss@h/db', 'h', 'p@ss'],
    ['postgres://u@/shop?host=/tmp', '', ''],
    ['postgres:///shop', '', ''],
    ['mysql://u:%40%2f@[::1]:3306/db?ssl={"rejectUnauthorized": false}', '::1', '@/'],
  ])('%s', (url, host, password) => {
    const read = serverUrl(url);
    expect([hostOf(read), decodeURIComponent(read.password)]).toEqual([host, password]);
  });

  test.each([
    ['postgres://u:p@ss/w:rd@h/db', 'it holds an @ that is not encoded'],
    ['postgres://u:1/2@h/db', 'it holds an @ that is not encoded'],
    ['postgres://u:1#2@h/db', 'it holds a # that is not encoded'],
    ['postgres://u:1 2@h/db', 'it holds a space that is not encoded'],
    ['postgres://u:1%2@h/db', 'a % in it is not followed by two hexadecimal digits'],
    ['postgres://u:1%ff@h/db', 'its parts cannot be told apart'],
    ['postgres:u:1@h/db', 'no // follows its scheme'],
    ['postgres://u:word', 'its parts cannot be told apart'],
  ])('%s: %s', (url, why) => {
    expect(() => serverUrl(url)).toThrow(`the database URL cannot be read: ${why}`);
  });

  test.each(['postgres://u:1,2@h1:1,h2:2/db', 'postgres://h1,h2/db', 'mysql://u@h1,h2:3/db'])('%s', (url) => {
    expect(() => serverUrl(url)).toThrow('the database URL names several hosts');
  });

  test('with any password', () => {
    const odd = fc.constantFrom(...'@/#?%:\\[] &=+$\t\n1'.split(''));
    const password = fc.array(fc.oneof(odd, fc.constantFrom('secret', 'x')), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(password, (parts) => {
        const written = parts.join('');
        try {
          const read = serverUrl(`postgres://u:${written}@h.test:5432/shop`);
          expect([hostOf(read), read.port, read.pathname]).toEqual(['h.test', '5432', '/shop']);
          expect([written, decodeURIComponent(written)]).toContain(decodeURIComponent(read.password));
        } catch (error) {
          expect(messageOf(error)).not.toContain('secret');
          expect(messageOf(error)).toContain('the database URL cannot be read');
        }
      }),
    );
  });
});
