import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NclueGatewayError } from '@nclue-gateway/client';
import { client, failureOf, gateway, json, problem, run } from './gateway.mjs';
import { bookmark, changes, end, event, list, nobody, other, refusal, reset, stream, watching } from './stream.mjs';

describe('a watch waits', () => {
  for (const [status, slug] of [
    [429, 'caller-quota'], [503, 'streams-exhausted'], [503, 'list-incomplete'], [503, 'draining'], [502, 'upstream-error'],
  ]) {
    test(`for the time of a refusal: ${slug}`, async (t) => {
      const watched = watching(t, [list('v1', ['a']), refusal(status, slug, 100), stream(bookmark('v2'))]);
      await watched.next();
      const next = watched.next();
      await watched.pass(99.999);
      assert.equal(watched.asked.length, 2);
      await watched.pass(0.001);
      assert.equal((await next).version, 'v2');
      assert.deepEqual(watched.failures.map((failure) => failure.slug), [slug]);
    });
  }

  test('for the time of the first refusal, but not after any other first failure', async (t) => {
    const watched = watching(t, [refusal(503, 'upstream-quota', 900), list('v1', ['a'])]);
    const next = watched.next();
    await watched.pass(900);
    assert.equal((await next).version, 'v1');
    for (const first of [nobody, refusal(502, 'upstream-error', 5), refusal(401, 'unauthenticated')]) {
      t.mock.reset();
      t.mock.timers.reset();
      await failureOf(watching(t, [first]).next());
    }
  });

  test('for another token after a 401, once, and not without a token', async (t) => {
    let count = 0;
    const rejected = [];
    const token = (old) => {
      rejected.push(old);
      return `t${++count}`;
    };
    const refused = refusal(401, 'unauthenticated');
    const responses = [list('v1', ['a']), refused, stream(bookmark('v2'), reset('w')), refused, refused];
    const watched = watching(t, responses, {}, { token });
    await watched.next();
    const next = watched.next();
    await watched.pass(3);
    assert.equal((await next).version, 'v2');
    assert.deepEqual(rejected, [undefined, undefined, 't2']);
    const failure = failureOf(watched.next());
    await watched.pass(3);
    assert.equal((await failure).slug, 'unauthenticated');

    t.mock.reset();
    t.mock.timers.reset();
    const browser = watching(t, responses);
    await browser.next();
    assert.equal((await failureOf(browser.next())).status, 401);
  });

  test('for a source of tokens that fails for a while', async (t) => {
    let fails = false;
    const token = () => (fails ? Promise.reject(new Error('no network')) : 't');
    const watched = watching(t, [list('v1', ['a']), stream(bookmark('v1'))], {}, { token });
    await watched.next();
    fails = true;
    const next = watched.next();
    await watched.settle();
    fails = false;
    await watched.pass(3);
    assert.equal((await next).version, 'v1');
    assert.match(watched.failures[0].message, /no access token/);
  });

  test('no longer when it is told to stop', async (t) => {
    const stop = new AbortController();
    const watched = watching(t, [list('v1', ['a']), refusal(503, 'draining', 60)], { signal: stop.signal });
    await watched.next();
    const next = watched.next();
    await watched.settle();
    stop.abort(new Error('left'));
    await assert.rejects(next, /left/);
    assert.equal(watched.asked.length, 2);
  });
});

describe('a watch ends', () => {
  for (const [reason, status, slug] of [['session', 401, 'unauthenticated'], ['permission', 403, 'forbidden']]) {
    test(`with the problem after the end of the access: ${reason}`, async (t) => {
      const responses = [list('v1', ['a']), stream(bookmark('v1'), end(reason)), refusal(status, slug)];
      const watched = watching(t, responses, {}, { token: () => 't' });
      await watched.next();
      await watched.next();
      watched.now += 2000;
      assert.equal((await failureOf(watched.next())).slug, slug);
      assert.equal(watched.asked.length, 3);
    });
  }

  for (const [name, response, status] of [
    ['a mistake', refusal(400, 'invalid-request'), 400],
    ['no permission', refusal(403, 'forbidden'), 403],
    ['another address', refusal(404, 'not-found'), 404],
    ['a list that is too large', refusal(501, 'list-too-large'), 501],
    ['the page of a proxy', other('text/html', '<html>Sign in</html>'), 200],
    ['a redirect', other('text/html', '', 302), 302],
    ['JSON', other('application/json', '{}'), 200],
    ['half a message', stream('event: changes\nid: v2\ndata: {\n\n'), 200],
    ['changes that are none', stream(event('changes', { total: 1, changes: [null] }, 'v2')), 200],
    ['a bookmark that is none', stream(event('bookmark', { total: 1 }, 'v2')), 200],
    ['progress that is none', stream(event('progress', { runs: '1' })), 200],
    ['an end that is none', stream(event('end', null)), 200],
  ]) {
    test(`with ${name}`, async (t) => {
      const watched = watching(t, [list('v1', ['a']), response]);
      await watched.next();
      assert.equal((await failureOf(watched.next())).status, status);
      assert.deepEqual(watched.failures, []);
    });
  }

  test('with a list that has no link to its changes', async (t) => {
    const old = () => Response.json({ index: 0, limit: 100, total: 0, complete: true, runs: [] });
    assert.match((await failureOf(watching(t, [old]).next())).message, /too old/);
  });

  test('with what the caller throws when it is told of a failure', async (t) => {
    const onFailure = () => {
      throw new Error('mine');
    };
    const watched = watching(t, [list('v1', ['a']), nobody], { onFailure });
    await watched.next();
    await assert.rejects(watched.next(), /mine/);
  });
});

describe('changes', () => {
  const link = { Link: '</api/task-runs/changes?since=1-8-0b>; rel="next"', Age: '2', Date: 'Sun, 29 Nov 2026 09:00:02 GMT' };
  const body = { total: 2, complete: true, changes: [{ type: 'created', id: 'a', run: run('a') }] };

  test('since a version have the version that they lead to', async () => {
    gateway.respond = (_, response) => json(response, body, link);
    const answer = await client().changes({ since: '1-7-0a', wait: 25 });
    assert.equal(gateway.requests[0].url, '/api/task-runs/changes?since=1-7-0a&wait=25');
    assert.deepEqual(answer, { changes: body.changes, total: 2, version: '1-8-0b', asOf: new Date('2026-11-29T09:00:00Z'), stale: false });
    await client().changes();
    assert.equal(gateway.requests[1].url, '/api/task-runs/changes');
  });

  test('that are gone, or that are none, are a failure', async () => {
    gateway.respond = (_, response) => problem(response, 410, 'changes-expired');
    assert.equal((await failureOf(client().changes({ since: 'v' }))).slug, 'changes-expired');
    gateway.respond = (_, response) => json(response, body);
    assert.ok((await failureOf(client().changes({ since: 'v' }))) instanceof NclueGatewayError);
  });
});

test('a version is in the result of a query, and not in a page of the list', async () => {
  const link = { Link: '</api/task-runs/changes?since=v%201>; rel="monitor"' };
  gateway.respond = (_, response) => json(response, { index: 0, runs: [] }, link);
  assert.equal((await client().list({ q: 'a' })).version, 'v 1');
  gateway.respond = (_, response) => json(response, { index: 0, runs: [] });
  assert.equal((await client().list()).version, null);
});
