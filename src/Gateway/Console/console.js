// Keeps a page of the console live: it listens to the gateway's changes and fetches the changed parts anew. Everything works without it.
const texts = document.getElementById('main').dataset;
const refreshEvery = 2000; // at most one refresh in this time, in milliseconds
const openWithin = 5000; // a stream without a message in this time is replaced by polls
const pollEvery = 5000;
const silentFor = 40000; // a message comes every 15 s: after this time the stream is broken
const announceEvery = 10000;
const channel = new BroadcastChannel(`nclue-gateway${location.pathname.split('/console')[0]}`); // one for each path base

let changes = texts.changes; // the address of the changes after what the page shows; '' before the first row
let source = null; // the event stream, if this tab holds the one of all tabs
let release = null; // ends this tab's wait for the stream, and its turn
let [isFetching, isWanted, isLeaving] = [false, false, false]; // wanted: a change came during a fetch; leaving: a form was sent
let [refreshed, heardAt] = [performance.now(), -silentFor];
let [refreshTimer, pollTimer, asOf, shownState] = [];
let [changedIds, announced] = [new Set(), -announceEvery];

// 1. Refresh: fetch the page again, with the rows that are shown, and make its parts equal.
function refreshSoon() {
  isWanted = true;
  if (!isFetching && !document.hidden) {
    clearTimeout(refreshTimer);
    refreshTimer = setTimeout(refresh, Math.max(0, refreshed + refreshEvery - performance.now()) + Math.random() * 500);
  }
}

function refresh() {
  [isFetching, isWanted, refreshed] = [true, false, performance.now()];
  const url = new URL(location.href);
  document.querySelectorAll('#rows > tr').forEach((row) => url.searchParams.append('shown', row.dataset.key));
  const request = new XMLHttpRequest(); // it parses HTML without a Trusted Types policy; fetch cannot
  request.open('GET', url);
  request.responseType = 'document';
  request.timeout = 15000;
  request.onloadend = () => {
    isFetching = false;
    if ([401, 403, 404].includes(request.status)) {
      isLeaving || location.reload(); // the page says what to do; while a form is on its way, a reload would cancel it
    } else if (request.status === 200 && request.response) {
      show(request.response);
    } else if ([0, 502, 504].includes(request.status)) {
      setState('unreachable', texts.unreachable);
    } else { // it is busy or shuts down
      poll(Math.max(pollEvery, 1000 * Number(request.getResponseHeader('Retry-After'))));
    }
    isWanted && refreshSoon();
  };
  request.send();
}

function show(page) {
  for (const part of document.querySelectorAll('[data-part]')) {
    const next = page.getElementById(part.id);
    next && morph(part, next);
  }
  setState('live', performance.now() - heardAt < silentFor ? texts.live : texts.polling);
  if (changes === '') {
    changes = page.getElementById('main').dataset.changes;
    listen();
  }
}

// Makes a node equal to another one, and returns it. What is equal stays, so that focus, selection and scroll position stay with it.
function morph(node, next) {
  if (node.nodeName !== next.nodeName) {
    return node.contains(document.activeElement) ? node : document.importNode(next, true);
  }

  if (node.isEqualNode(next) || node.nodeType !== Node.ELEMENT_NODE) {
    node.nodeValue = next.nodeValue; // of an element both are null
    return node;
  }

  const keeps = (attribute) => next.hasAttribute(attribute) || attribute === 'open';
  node.getAttributeNames().forEach((attribute) => keeps(attribute) || node.removeAttribute(attribute));
  next.getAttributeNames().forEach((attribute) => node.setAttribute(attribute, next.getAttribute(attribute)));
  const keyOf = (child) => child?.dataset?.key;
  const [before, focused] = [[...node.childNodes], document.activeElement];
  const after = [...next.childNodes].map((child, i) => {
    const old = keyOf(child) ? before.find((other) => keyOf(other) === keyOf(child)) : keyOf(before[i]) ? undefined : before[i];
    return old ? morph(old, child) : document.importNode(child, true);
  });
  after.push(...before.filter((child) => child.contains(focused) && !after.includes(child)));
  if (after.length !== before.length || after.some((child, i) => child !== before[i])) {
    node.replaceChildren(...after);
    node.contains(focused) && focused.focus({ preventScroll: true });
  }
  return node;
}

// 2. Listen. One tab holds the stream of all tabs: a browser opens few connections to one host.
function listen() {
  poll(openWithin);
  if (document.hidden || changes === '' || release !== null || !navigator.locks) {
    return; // without a list, or outside a secure context, polls are enough
  }

  const wait = new AbortController();
  const { promise: turn, resolve: end } = Promise.withResolvers();
  release = () => {
    end();
    wait.abort();
    source?.close();
    [source, release] = [null, null];
  };
  navigator.locks.request(channel.name, { signal: wait.signal }, () => (open(), turn)).catch(() => {});
}

function open() {
  source = new EventSource(changes);
  const send = (message) => (channel.postMessage(message), onMessage(message));
  ['changes', 'bookmark', 'progress', 'reset', 'end'].forEach((type) => source.addEventListener(type, (event) =>
    send({ type, id: event.lastEventId, data: JSON.parse(event.data || '{}') })));
  source.onerror = () => {
    send({ type: 'lost', data: {} });
    if (source?.readyState === EventSource.CLOSED) {
      release(); // refused: a refresh shows why
      setTimeout(listen, 30000 + 10000 * Math.random());
    }
  };
}

function onMessage({ type, id, data }) {
  heardAt = type === 'lost' ? -silentFor : performance.now();
  poll(type === 'lost' ? pollEvery : silentFor);
  const since = `since=${encodeURIComponent(id)}`;
  const isNews = type === 'progress' || (id && !changes.includes(since));
  changes = id ? changes.replace(/since=[^&]*/, since) : changes;
  if (type === 'bookmark') {
    // Without progress, and in another state, only the gateway knows why and until when.
    const isStale = data.asOf === asOf || document.querySelector('#state:not(.live, .current)') !== null;
    isStale || setState('live', texts.live, data.asOf);
    (isStale || performance.now() - refreshed > 60000) && refreshSoon(); // at least so often, for times in words
    asOf = data.asOf;
  } else if (type === 'end' && (data.reason === 'session' || data.reason === 'permission')) {
    isLeaving || location.reload();
  } else if (type === 'reset' && source !== null) {
    release(); // the next stream begins with the newest version
    listen();
  }
  isNews && refreshSoon();
  data.changes?.forEach((change) => document.getElementById('rows') && changedIds.add(change.id));
  announceChanges();
}

function poll(after) {
  clearTimeout(pollTimer);
  pollTimer = setTimeout(() => (refreshSoon(), poll(pollEvery)), after);
}

// 3. The state, and summaries for screen readers.
function setState(kind, text, time) {
  const line = document.getElementById('state');
  if (kind === 'unreachable' || line.matches('.live, .current') || line.dataset.by === 'script') { // else the gateway's own says more
    [line.className, line.dataset.by, line.querySelector('b').textContent] = [`state ${kind}`, 'script', text];
    const shown = document.getElementById('as-of');
    if (time && shown) {
      [shown.dateTime, shown.textContent] = [time, new Date(time).toLocaleTimeString('en-GB', { timeZone: texts.zone })];
    }
  }

  shownState !== undefined && shownState !== line.className && announce(line.textContent);
  shownState = line.className;
}

const announce = (text) => (document.getElementById('announced').textContent = text);
function announceChanges() {
  if (changedIds.size > 0 && performance.now() - announced >= announceEvery) {
    announce(texts.changed.replace('{n}', changedIds.size));
    [announced, changedIds] = [performance.now(), new Set()];
  }
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) { // a hidden tab holds no stream and asks for nothing
    release?.();
    clearTimeout(pollTimer);
    clearTimeout(refreshTimer);
  } else if (changes !== undefined) {
    refreshSoon();
    listen();
  }
});
addEventListener('pagehide', () => release?.());
addEventListener('pageshow', ({ persisted }) => { // from the browser's memory, maybe after a sign-out
  persisted && (document.body.replaceChildren(), location.reload());
});
document.addEventListener('submit', () => (isLeaving = true));
document.addEventListener('click', async ({ target }) => {
  if (target.dataset.copy) {
    await navigator.clipboard.writeText(target.dataset.copy);
    announce(texts.copied);
  }
});
channel.onmessage = ({ data }) => document.hidden || changes === undefined || onMessage(data);
setInterval(announceChanges, 1000);
navigator.clipboard && document.documentElement.classList.add('copies');
const moved = document.querySelector('[data-moved]')?.dataset.moved; // the address was a position that has expired
moved && history.replaceState(null, '', moved);
changes === undefined || listen(); // a page with a mistake in its address stays as it is
