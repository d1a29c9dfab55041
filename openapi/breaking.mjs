// Finds the changes of an OpenAPI 3.1 document that break callers of an earlier version.
//
// | part               | breaking                                               | compatible
// |--------------------|--------------------------------------------------------|---------------------------------------------
// | path, operation    | removed; another operationId (clients name methods so) | added
// | security           | a scheme removed or changed; an accepted alternative   | another alternative
// |                    | removed                                                |
// | parameter          | removed; a new required one; required where it was not;| a new optional one; no longer required
// |                    | serialized differently (style, explode)                |
// | request content    | fewer types or values; null no longer accepted; a      | more types, values, a wider range
// |                    | narrower range; a new or other pattern, format; another|
// |                    | default; a property removed or now required            |
// | response           | a status, media type or header removed; a header that  | a status (RFC 9110 §15: treat an unknown one
// |                    | was required and is now optional                       | as x00 of its class), media type, header
// |                    |                                                        | added
// | response content   | a property removed, or that may now be missing or null;| a property added; one that is now always
// |                    | another type or format; a value of an enum removed (a  | there, or no longer null; a narrower range
// |                    | caller may filter by it) or added (callers do not know |
// |                    | it); a wider range                                     |
//
// Not compared: texts, examples, names of schemas, servers, links, callbacks, webhooks, readOnly, writeOnly and
// conditions (if, not, …).
//
// Existing packages have gaps: openapi-diff rejects 3.1. api-smart-diff accepts a property that becomes null or gets
// another type. Optic ignores headers, ranges, removed parameters and security.
//
// A change within components/schemas is reported with the name of its schema, and therefore only once, even if many
// operations use it.

import { LOWER, Reader, schemaOf, takesAll, text, typesOf, UPPER } from './schemas.mjs';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const OTHERS = ['pattern', 'multipleOf', 'uniqueItems'];

/**
 * Returns every breaking change as a line: `GET /api/task-runs 200 header ETag removed`,
 * `response TaskRun.name removed`. The lines are in the order of the earlier document, without duplicates.
 *
 * @param {object} before The earlier document, parsed.
 * @param {object} after The later document, parsed.
 * @returns {string[]}
 * @throws {Error} A document is not OpenAPI 3.1, or has a reference without a target or to another document.
 */
export function breakingChanges(before, after) {
  for (const document of [before, after]) {
    if (!/^3\.1\./.test(document?.openapi)) {
      throw new Error(`This is not an OpenAPI 3.1 document: openapi is ${JSON.stringify(document?.openapi)}.`);
    }
  }

  const found = new Set();
  const report = (where, what) => found.add(`${where} ${what}`);
  const [was, is] = [new Reader(before), new Reader(after)];
  const compared = new Map(); // nodes of the earlier document → nodes of the later one already compared with them, by direction

  for (const [name, scheme] of Object.entries(before.components?.securitySchemes ?? {})) {
    const other = after.components?.securitySchemes?.[name];
    if (other === undefined) {
      report(`security scheme ${name}`, 'removed');
    } else if (kindOfScheme(was.resolve(scheme)) !== kindOfScheme(is.resolve(other))) {
      report(`security scheme ${name}`, 'changed');
    }
  }

  for (const [path, item] of Object.entries(before.paths ?? {})) {
    if (after.paths?.[path] === undefined) {
      report(path, 'removed');
      continue;
    }

    const [oldItem, newItem] = [was.resolve(item), is.resolve(after.paths[path])];
    for (const method of METHODS.filter((name) => oldItem[name] !== undefined)) {
      const where = `${method.toUpperCase()} ${path}`;
      if (newItem[method] === undefined) {
        report(where, 'removed');
      } else {
        compareOperations(where, oldItem, newItem, method);
      }
    }
  }

  return [...found];

  function compareOperations(where, oldItem, newItem, method) {
    const [a, b] = [oldItem[method], newItem[method]];
    if (a.operationId !== undefined && a.operationId !== b.operationId) {
      report(where, `operationId ${text(a.operationId)} became ${text(b.operationId)}`);
    }

    const waysIn = (list = []) => (list.length > 0 ? list : [{}]);
    const waysNow = waysIn(b.security ?? after.security);
    for (const way of waysIn(a.security ?? before.security)) {
      if (!waysNow.some((other) => asksNoMoreThan(other, way))) {
        report(where, `security ${Object.keys(way).join(' and ') || 'none'} removed`);
      }
    }

    compareParameters(where, was.parameters(oldItem, a), is.parameters(newItem, b));
    compareRequestBodies(where, was.resolve(a.requestBody), is.resolve(b.requestBody));
    for (const [status, response] of Object.entries(a.responses ?? {})) {
      const other = b.responses?.[status] ?? b.responses?.[`${status[0]}XX`] ?? b.responses?.default;
      if (other === undefined) {
        report(`${where} ${status}`, 'removed');
      } else {
        compareResponses(`${where} ${status}`, was.resolve(response), is.resolve(other));
      }
    }
  }

  function compareParameters(where, a, b) {
    for (const [key, parameter] of a) {
      const at = `${where} parameter ${key}`;
      const other = b.get(key);
      if (other === undefined) {
        report(at, 'removed');
        continue;
      }

      if (other.required && !parameter.required) {
        report(at, 'is now required');
      }

      if (styleOf(parameter) !== styleOf(other)) {
        report(at, 'is written otherwise');
      }

      compareSchemas(at, schemaOf(parameter), schemaOf(other), 'request');
    }

    for (const [key, parameter] of b) {
      if (parameter.required && !a.has(key)) {
        report(`${where} parameter ${key}`, 'is new and required');
      }
    }
  }

  function compareRequestBodies(where, a, b) {
    if (b?.required && !a?.required) {
      report(`${where} body`, 'is now required');
    }

    if (a !== undefined && b === undefined) {
      report(`${where} body`, 'removed');
    } else if (a !== undefined) {
      compareContents(`${where} body`, a.content, b.content, 'request');
    }
  }

  function compareResponses(where, a, b) {
    const headers = new Map(Object.entries(b.headers ?? {}).map(([name, header]) => [name.toLowerCase(), is.resolve(header)]));
    for (const [name, unresolved] of Object.entries(a.headers ?? {})) {
      const [header, other] = [was.resolve(unresolved), headers.get(name.toLowerCase())];
      const at = `${where} header ${name}`;
      if (other === undefined) {
        report(at, 'removed');
        continue;
      }

      if (header.required && !other.required) {
        report(at, 'may be missing');
      }

      compareSchemas(at, schemaOf(header), schemaOf(other), 'response');
    }

    compareContents(where, a.content, b.content, 'response');
  }

  function compareContents(where, a = {}, b = {}, direction) {
    for (const [type, media] of Object.entries(a)) {
      if (b[type] === undefined) {
        report(`${where} ${type}`, 'removed');
      } else {
        compareSchemas(`${where} ${type}`, media.schema, b[type].schema, direction);
      }
    }
  }

  function compareSchemas(where, a = true, b = true, direction) {
    const pairs = compared.get(a) ?? compared.set(a, { request: new Set(), response: new Set() }).get(a);
    if (typeof a === 'object' && pairs[direction].has(b)) {
      return;
    }

    pairs[direction].add(b);
    const [old, now] = [was.shape(a), is.shape(b)];
    const isResponse = direction === 'response';
    const at = old.name !== undefined && old.name === now.name ? `${direction} ${old.name}` : where;
    if (old.isNullable !== now.isNullable && now.isNullable === isResponse) {
      report(where, isResponse ? 'may be null' : 'may no longer be null');
    }

    if ((old.alternatives === undefined) !== (now.alternatives === undefined)) {
      report(at, old.alternatives === undefined ? 'is now one of several' : 'is no longer one of several');
      return; // all further differences follow from this one
    }

    if (isResponse ? typesOf(old) !== typesOf(now) : !takesAll(now, old)) {
      report(at, `type ${typesOf(old)} became ${typesOf(now)}`);
      return;
    }

    compareValues(at, old, now, isResponse);
    compareAlternatives(at, old.alternatives, now.alternatives, direction);
    compareProperties(at, old, now, direction);
    if (old.items !== undefined || now.items !== undefined) {
      compareSchemas(`${at}[]`, old.items, now.items, direction);
    }
  }

  function compareValues(at, old, now, isResponse) {
    if (old.values === undefined && now.values !== undefined) {
      report(at, 'is now limited to certain values');
    } else if (old.values !== undefined && now.values === undefined && isResponse) {
      report(at, 'is no longer limited to certain values');
    } else if (old.values !== undefined && now.values !== undefined) {
      old.values.filter((value) => !now.values.includes(value)).forEach((value) => report(at, `value ${value} removed`));
      now.values.filter((value) => isResponse && !old.values.includes(value)).forEach((value) => report(at, `value ${value} added`));
    }

    const became = (keyword) => report(at, `${keyword} ${text(old[keyword])} became ${text(now[keyword])}`);
    const isWiderInteger = old.format === 'int32' && now.format === 'int64';
    if (old.format !== now.format && (isResponse || (now.format !== undefined && !isWiderInteger))) {
      became('format');
    }

    for (const [keyword, sign] of [...LOWER.map((name) => [name, -1]), ...UPPER.map((name) => [name, 1])]) {
      const [reached, reaches] = [old, now].map((schema) => sign * (schema[keyword] ?? sign * Infinity));
      if (isResponse ? reaches > reached : reaches < reached) {
        became(keyword);
      }
    }

    OTHERS.filter((keyword) => old[keyword] !== now[keyword] && (isResponse ? old : now)[keyword] !== undefined).forEach(became);
    if (!isResponse && old.default !== undefined && text(old.default) !== text(now.default)) {
      became('default');
    }
  }

  function compareAlternatives(at, a = [], b = [], direction) {
    const keyed = (list) => new Map(list.map((schema, place) => [schema.$ref?.split('/').pop() ?? String(place), schema]));
    const [old, now] = [keyed(a), keyed(b)];
    for (const [key, schema] of old) {
      if (now.has(key)) {
        compareSchemas(`${at} alternative ${key}`, schema, now.get(key), direction);
      } else {
        report(at, `alternative ${key} removed`);
      }
    }

    [...now.keys()].filter((key) => direction === 'response' && !old.has(key)).forEach((key) => report(at, `alternative ${key} added`));
  }

  function compareProperties(at, old, now, direction) {
    const isResponse = direction === 'response';
    for (const [name, schema] of Object.entries(old.properties)) {
      if (now.properties[name] === undefined) {
        report(`${at}.${name}`, 'removed');
        continue;
      }

      if (isResponse && old.required.includes(name) && !now.required.includes(name)) {
        report(`${at}.${name}`, 'may be missing');
      }

      compareSchemas(`${at}.${name}`, schema, now.properties[name], direction);
    }

    if (!isResponse) {
      now.required.filter((name) => !old.required.includes(name)).forEach((name) => report(`${at}.${name}`, 'is now required'));
    }

    // Members with any name, as in a map.
    const [others, stillOthers] = [old.additionalProperties, now.additionalProperties];
    if (typeof others === 'object' && stillOthers !== false) {
      compareSchemas(`${at}.*`, others, stillOthers, direction);
    } else if (stillOthers === false && (isResponse ? typeof others === 'object' : others !== false)) {
      report(`${at}.*`, 'removed');
    }
  }
}

const styleOf = ({
  in: place,
  style = place === 'query' || place === 'cookie' ? 'form' : 'simple',
  explode = style === 'form',
  content,
}) => text([style, explode, Object.keys(content ?? {})]);

const kindOfScheme = ({ type, scheme, name, in: place, openIdConnectUrl, flows }) =>
  text([type, scheme?.toLowerCase(), name, place, openIdConnectUrl, Object.keys(flows ?? {}).sort()]);

/** Returns true if a caller that satisfies one security requirement also satisfies the other. */
const asksNoMoreThan = (other, way) =>
  Object.entries(other).every(([scheme, scopes]) => way[scheme] !== undefined && scopes.every((scope) => way[scheme].includes(scope)));
