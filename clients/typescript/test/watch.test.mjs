import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { applyUpdate } from '@nclue-gateway/client';
import { client, gateway, json, page } from './gateway.mjs';
import {
  bookmark, changes, cut, end, ending, event, list, nobody, other, progress, refusal, reset, stream, watching,
} from './stream.mjs';

const PAGE = '?index=0&limit=100&sort=-createdAt';

/** Checks how long the watch waits before the next request. */
async function waits(watched, seconds) {
  await watched.settle();
  const before = watched.asked.length;
  await watched.pass(seconds - 0.001);
  assert.equal(watched.asked.length, before, `it waited less than ${seconds} s`);
  await watched.pass(0.001);
  assert.ok(watched.asked.length > before, `it waits for more than ${seconds} s`);
}

const versions = async (watched, count) => {
  const read = [];
  while (read.length < count) {
    read.push((await watched.next()).version);
  }

  return read;
};

describe('a watch', () => {
  test('begins with all pages of the list, and follows from their version', async (t) => {
    const watched = watching(t, [
      list('v1', ['a', 'b'], 'c1'), list('v1', ['c'], null, 2),
      stream(bookmark('v1', 3), changes('v2', '+d', '-a'), ': comment\n\n', event('later', {}), changes('v3', '-b')),
    ]);
    const runs = new Map();
    const first = await watched.next();
    applyUpdate(runs, first);
    assert.deepEqual([first.type, first.version, first.asOf.toISOString()], ['list', 'v1', '2026-11-29T08:59:56.000Z']);
    assert.deepEqual([...runs.keys()], ['a', 'b', 'c']);
    const second = await watched.next();
    assert.deepEqual(second, { type: 'bookmark', version: 'v1', asOf: new Date('2026-11-29T09:00:00.123Z'), total: 3 });
    const third = await watched.next();
    assert.deepEqual([third.type, third.version, third.total, third.changes.length], ['changes', 'v2', 7, 2]);
    for (const update of [second, third, await watched.next()]) {
      applyUpdate(runs, update);
    }

    assert.deepEqual([...runs.keys()], ['c', 'd']);
    assert.deepEqual(watched.asked, [PAGE, '?sort=-createdAt&limit=100&cursor=c1', '/changes?since=v1']);
    assert.deepEqual(watched.failures, []);
  });

  for (const [name, broken] of [['a cut', cut], ['an end without notice', ending]]) {
    test(`goes on from the last whole message after ${name}`, async (t) => {
      const half = changes('v3', '+c').slice(0, -20);
      const watched = watching(t, [
        list('v1', ['a']), broken(bookmark('v1', 1, 5000), changes('v2', '+b'), half), stream(changes('v3', '+c')),
      ]);
      assert.deepEqual(await versions(watched, 3), ['v1', 'v1', 'v2']);
      const next = watched.next();
      await waits(watched, 5);
      assert.equal((await next).version, 'v3');
      assert.deepEqual(watched.asked, [PAGE, '/changes?since=v1', '/changes?since=v1 v2']);
      assert.deepEqual(watched.failures.map(({ status }) => status), [0]);
    });
  }

  test('waits twice as long after each further failure, but not forever', async (t) => {
    const watched = watching(t, [
      list('v1', ['a']), cut(bookmark('v1', 1, 4000)), other('text/html', 'down', 502), nobody, refusal(504, 'upstream-timeout'),
      refusal(500, 'internal-error'), cut(bookmark('v2')), stream(bookmark('v3')),
    ]);
    await versions(watched, 2);
    const next = watched.next();
    for (const seconds of [4, 8, 16, 30, 30]) {
      await waits(watched, seconds);
    }

    assert.equal((await next).version, 'v2');
    const last = watched.next();
    await waits(watched, 4); // a message came
    assert.equal((await last).version, 'v3');
  });

  test('takes 45 seconds of silence for a cut, but not a caller that is busy', async (t) => {
    const watched = watching(t, [list('v1', ['a']), stream(bookmark('v1')), stream(bookmark('v2'), changes('v3', '+b'))]);
    await versions(watched, 2);
    const next = watched.next();
    await watched.pass(44.999);
    assert.deepEqual(watched.failures, []);
    await watched.pass(0.001);
    assert.match(watched.failures[0].message, /silent/);
    await waits(watched, 3);
    assert.equal((await next).version, 'v2');
    await watched.pass(3600);
    assert.equal((await watched.next()).version, 'v3');
    assert.equal(watched.failures.length, 1);
  });

  test('takes no headers within the timeout for a failure', async (t) => {
    const watched = watching(t, [list('v1', ['a'])], {}, { timeout: 20_000 });
    await versions(watched, 1);
    void watched.next();
    await watched.pass(20);
    assert.match(watched.failures[0].message, /silent/);
  });

  test('reads the list again after a reset, but not in a tight loop', async (t) => {
    const watched = watching(t, [
      list('v1', ['a']), stream(bookmark('v1'), reset('w1'), changes('w2', '+x')), list('w2', ['b']), stream(reset('x1')),
      list('x1', ['c']),
    ]);
    await versions(watched, 2);
    watched.now += 2000;
    const again = await watched.next();
    assert.deepEqual([again.type, again.version, again.runs.map(({ id }) => id)], ['list', 'w2', ['b']]);
    const next = watched.next();
    await waits(watched, 3);
    assert.equal((await next).version, 'x1');
    assert.deepEqual(watched.asked, [PAGE, '/changes?since=v1', PAGE, '/changes?since=w2', PAGE]);
    assert.deepEqual(watched.failures, []);
  });

  test('reads the list again when changes are gone, or the gateway has lost its version', async (t) => {
    const errors = { 'Last-Event-ID': ['Unknown.'] };
    const watched = watching(t, [
      refusal(410, 'changes-expired'), list('v5', ['a']), cut(bookmark('v6')), refusal(400, 'invalid-request', null, { errors }),
      list('v5', ['b'], 'gone'), refusal(410, 'cursor-expired'), list('v7', ['c']),
    ], { since: 'v2' });
    assert.deepEqual(await versions(watched, 2), ['v5', 'v6']);
    const next = watched.next();
    await waits(watched, 3); // after the cut
    await waits(watched, 6); // after the expired page
    assert.equal((await next).version, 'v7');
    assert.equal(watched.asked[0], '/changes?since=v2');
  });

  for (const reason of ['time', 'drain', 'token', 'later']) {
    test(`opens the next stream at once after the planned end: ${reason}`, async (t) => {
      let count = 0;
      const rejected = [];
      const token = (old) => {
        rejected.push(old);
        return `t${++count}`;
      };
      const watched = watching(t, [list('v1', ['a']), stream(bookmark('v2'), end(reason)), stream(bookmark('v3'))], {}, { token });
      await versions(watched, 2);
      watched.now += 2000;
      assert.equal((await watched.next()).version, 'v3');
      assert.deepEqual(watched.asked, [`${PAGE} Bearer t1`, '/changes?since=v1 Bearer t2', '/changes?since=v1 v2 Bearer t3']);
      assert.deepEqual(rejected, [undefined, undefined, reason === 'token' ? 't2' : undefined]);
      assert.deepEqual(watched.failures, []);
    });
  }

  test('does not open streams in a tight loop that end as soon as they begin', async (t) => {
    const watched = watching(t, [list('v1', ['a']), stream(bookmark('v1'), end('drain')), stream(end('drain')), stream(bookmark('v2'))]);
    await versions(watched, 2);
    const next = watched.next();
    await waits(watched, 3);
    await waits(watched, 3);
    assert.equal((await next).version, 'v2');
  });

  test('reports the progress while the gateway reads the list, and then the list', async (t) => {
    const watched = watching(t, [
      refusal(503, 'list-incomplete', 20, { runs: 100, expectedTotal: 250 }), stream(progress(100), progress(200, 250), reset('v1')),
      list('v1', ['a']),
    ]);
    assert.deepEqual(await watched.next(), { type: 'progress', runs: 100, expectedTotal: null });
    assert.deepEqual(await watched.next(), { type: 'progress', runs: 200, expectedTotal: 250 });
    assert.equal((await watched.next()).type, 'list');
    assert.deepEqual([watched.asked, watched.failures], [[PAGE, '/changes', PAGE], []]);
  });

  test('reads a list that is complete when the stream begins', async (t) => {
    const watched = watching(t, [refusal(503, 'list-incomplete', 20), stream(bookmark('v1')), list('v1', ['a'])]);
    assert.equal((await watched.next()).type, 'list');
  });

  for (const way of ['silence', 'the signal', 'the end of the loop']) {
    test(`cancels the stream after ${way}, also when fetch no longer listens to its signal`, async (t) => {
      const stop = new AbortController();
      let isCancelled = false;
      const deaf = () => new Response(new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode(bookmark('v1'))),
        cancel: () => (isCancelled = true),
      }), { headers: { 'Content-Type': 'text/event-stream' } });
      const watched = watching(t, [list('v1', ['a']), deaf], { signal: stop.signal });
      await versions(watched, 2);
      if (way === 'the end of the loop') {
        await watched.watch.return();
        await watched.settle();
      } else {
        const next = watched.next();
        if (way === 'silence') {
          await watched.pass(45);
          await watched.settle();
        }

        stop.abort(new Error('left'));
        await assert.rejects(next, /left/);
      }

      assert.ok(isCancelled);
    });
  }

  test('sends the cookie and the header of a browser session, and never stores the stream', async (t) => {
    let sent;
    const watched = watching(t, [list('v1', ['a']), (request) => {
      sent = request;
      return stream(bookmark('v1'))(request);
    }]);
    await versions(watched, 2);
    assert.deepEqual([sent.credentials, sent.redirect, sent.cache], ['include', 'manual', 'no-store']);
    assert.deepEqual([sent.headers.get('X-CSRF'), sent.headers.get('Accept')], ['1', 'text/event-stream']);
  });
});

describe('a watch of a real server', () => {
  const open = (response, text) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(text);
  };
  const serve = (streams) => {
    let count = 0;
    gateway.respond = (request, response) => request.url.startsWith('/api/task-runs/changes')
      ? streams[count++](response, request)
      : json(response, { ...page(0, 100, ['a'], 1), complete: true }, { Link: '</api/task-runs/changes?since=v1>; rel="monitor"' });
  };

  test('stops at once when it is told, and closes the connection', async () => {
    const stop = new AbortController();
    let closed;
    serve([(response) => {
      closed = once(response, 'close');
      open(response, bookmark('v1'));
    }]);
    const watch = client().watch({ signal: stop.signal });
    await watch.next();
    await watch.next();
    const next = watch.next();
    stop.abort(new Error('left'));
    await assert.rejects(next, /left/);
    await closed;
    assert.equal((await watch.next()).done, true);
  });

  test('closes the connection when the caller leaves the loop', async () => {
    let closed;
    serve([(response) => {
      closed = once(response, 'close');
      open(response, bookmark('v1') + changes('v2', '+b') + changes('v3', '+c'));
    }]);
    for await (const { type } of client().watch()) {
      if (type === 'changes') {
        break;
      }
    }

    await closed;
  });

  test('survives a connection that is destroyed in the middle of a message', async (t) => {
    t.mock.method(Math, 'random', () => -1.5); // waits a fifth of the time: 0.2 s
    const text = changes('v2', '+b');
    serve([
      (response) => {
        open(response, bookmark('v1', 1, 1000) + text.slice(0, 50));
        setTimeout(() => response.destroy(), 20);
      },
      (response) => {
        open(response, text.slice(0, 70));
        setTimeout(() => response.write(text.slice(70)), 20);
      },
    ]);
    const runs = new Map();
    for await (const update of client().watch()) {
      applyUpdate(runs, update);
      if (update.type === 'changes') {
        break;
      }
    }

    assert.deepEqual([...runs.keys()], ['a', 'b']);
    assert.equal(gateway.requests.at(-1).headers['last-event-id'], 'v1');
  });
});
