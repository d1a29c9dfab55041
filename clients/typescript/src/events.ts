/** One message of an event stream. */
export interface ServerEvent {
  type: string;
  data: string;
  /** The position that the message leads to; null if it has none. */
  id: string | null;
  /** Time in milliseconds after which to open the next stream; null if the message does not specify it. */
  retry: number | null;
}

/** Parses an event stream, part by part: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */
export class EventParser {
  readonly #decoder = new TextDecoder(); // removes a byte order mark
  #line = '';
  #endedWithReturn = false;
  #event = emptyEvent();

  /** Returns the messages that this part completes. What the last part leaves incomplete is no message. */
  *push(bytes: Uint8Array): Generator<ServerEvent, void, undefined> {
    const text = this.#decoder.decode(bytes, { stream: true });
    const isRest = this.#endedWithReturn && text.startsWith('\n'); // of a line end that came in two parts
    if (text !== '') {
      this.#endedWithReturn = text.endsWith('\r');
    }

    const lines = (isRest ? text.slice(1) : text).split(/\r\n|\n|\r/);
    const last = lines.pop() ?? '';
    for (const line of lines) {
      const event = this.#take(this.#line + line);
      this.#line = '';
      if (event !== null) {
        yield event;
      }
    }

    this.#line += last;
  }

  #take(line: string): ServerEvent | null {
    if (line === '') {
      const { data, ...event } = this.#event;
      this.#event = emptyEvent();
      return data === null ? null : { ...event, data };
    }

    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'data') {
      this.#event.data = this.#event.data === null ? value : `${this.#event.data}\n${value}`;
    } else if (field === 'event') {
      this.#event.type = value;
    } else if (field === 'id' && !value.includes('\0')) {
      this.#event.id = value;
    } else if (field === 'retry' && /^\d+$/.test(value)) {
      this.#event.retry = Number(value);
    }

    return null;
  }
}

const emptyEvent = () => ({ type: 'message', data: null as string | null, id: null as string | null, retry: null as number | null });
