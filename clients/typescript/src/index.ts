export * from './client.js';
export * from './types.js';
export * from './updates.js';
export { NclueGatewayError } from './error.js';
export type { ListQuery, RunFilter, SummaryQuery } from './query.js';
export type { components, paths } from './schema.js';
