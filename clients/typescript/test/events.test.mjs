import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventParser } from '../dist/events.js';

const parse = (...parts) => {
  const parser = new EventParser();
  return parts.flatMap((part) => [...parser.push(typeof part === 'string' ? new TextEncoder().encode(part) : part)]);
};
const message = (data, more = {}) => ({ type: 'message', data, id: null, retry: null, ...more });

test('a message has its fields, and only its own', () => {
  assert.deepEqual(parse('event: changes\nid: 1-7\nretry: 2500\ndata: {"a":1}\n\ndata\n\n'), [
    { type: 'changes', data: '{"a":1}', id: '1-7', retry: 2500 }, message(''),
  ]);
});

test('lines of data are joined, one blank after the colon is left out, and colons stay', () => {
  assert.deepEqual(parse('data: a:b\ndata:  c\ndata:d\n\n'), [message('a:b\n c\nd')]);
});

test('comments, unknown fields, wrong values and events without data are ignored', () => {
  assert.deepEqual(parse(': hello\n\nevent: x\n\nfield: y\nretry: soon\nid: a\0b\ndata: z\n\n'), [message('z')]);
});

test('an incomplete message is none', () => assert.deepEqual(parse('data: a\n\ndata: b\n'), [message('a')]));

test('lines may end in any way, and a stream may arrive in parts of any length', () => {
  const text = '\uFEFFevent: 봄\r\ndata: 세일 😀\r\n\r\ndata: b\r\rid: 3\ndata: c\n\n';
  const expected = [message('세일 😀', { type: '봄' }), message('b'), message('c', { id: '3' })];
  const bytes = new TextEncoder().encode(text);
  for (let length = 1; length <= bytes.length; length++) {
    const parts = [];
    for (let from = 0; from < bytes.length; from += length) {
      parts.push(bytes.subarray(from, from + length));
    }

    assert.deepEqual(parse(...parts), expected, `parts of ${length} bytes`);
  }
});
