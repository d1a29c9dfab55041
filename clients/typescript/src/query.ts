import { createQuerySerializer } from 'openapi-fetch';
import type { paths } from './schema.js';

type ListParameters = NonNullable<paths['/api/task-runs']['get']['parameters']['query']>;
type SummaryParameters = NonNullable<paths['/api/task-runs/summary']['get']['parameters']['query']>;

/** The parameters of the contract as a caller gives them: one value in place of an array of one, times also as Date. */
type Values<T> = { [K in keyof T]?: Value<K, T[K]> | undefined };
type Value<K, V> = K extends `${string}${'After' | 'Before'}` ? Date | string
  : K extends 'partial' ? boolean
  : V extends readonly (infer Item)[] ? Item | readonly Item[]
  : V;

/**
 * Conditions on runs. A run must meet all of them, and of an array any value; an empty array is no condition. A time is
 * a Date, a date-time with an offset, or a date.
 */
export interface RunFilter extends Values<Omit<SummaryParameters, 'per'>> {}

/** A query on the whole list: conditions and an order. */
export interface ListQuery extends Values<Omit<ListParameters, 'index' | 'limit' | 'cursor'>> {}

/** A query on the counts of runs: conditions, and the unit of time. */
export interface SummaryQuery extends Values<SummaryParameters> {}

const serialize = createQuerySerializer();

/** Returns the query string of a query, with `+` and all other reserved characters percent-encoded. */
export function queryString(query: object): string {
  return serialize(Object.fromEntries(Object.entries(query).map(([name, value]) => [name, textOf(value)])));
}

/** Returns the value as it is sent; undefined if it is not sent. */
function textOf(value: unknown): unknown {
  return value instanceof Date ? value.toISOString() : value === false ? undefined : value;
}
