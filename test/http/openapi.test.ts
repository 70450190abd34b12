/** The API's documents: valid, complete, made from what is served; and the interactive page, which needs no other host. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import t, { type Test } from 'tap';
import { request } from '../e2e/http-requests.js';
import { startServer } from '../e2e/test-server.js';
import { tableUnder } from '../gateway/protocol-document.js';

const server = await startServer(t);
const john = await server.person('john');
const get = (path: string) => request(server.url, 'GET', path, { token: john.token });
const openApi = (await get('/openapi.json')).json;

const operations = Object.entries<any>(openApi.paths).flatMap(([path, item]) =>
  Object.entries<any>(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
);
/** A path with something for each of its parameters: where there is only a choice, one of it. */
const filled = (path: string): string => path.replace('{type}', 'AlarmTriggered').replace(/\{\w+\}/g, 'never-used');
const key = (method: string, path: string): string => `${method} ${path.replace(/\{\w+\}/g, '{}')}`;

/** Every `$ref` in the document, wherever it is. */
function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => (name === '$ref' ? [inner as string] : refsIn(inner)));
}

const resolves = (document: any, ref: string): boolean =>
  ref.startsWith('#/') &&
  ref
    .slice(2)
    .split('/')
    .reduce((at, name) => at?.[name.replaceAll('~1', '/').replaceAll('~0', '~')], document) !== undefined;

function isSchema(t: Test, schema: any, where: string): void {
  if ('$ref' in schema) return;
  const types = [schema.type ?? []].flat();
  t.ok(
    types.every((type) => ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'].includes(type)),
    `${where}: ${types.join()} is a type of JSON Schema`,
  );
  for (const name of schema.required ?? [])
    t.ok(schema.properties?.[name], `${where}: the required ${name} is described`);
  for (const [name, inner] of Object.entries(schema.properties ?? {})) isSchema(t, inner, `${where}.${name}`);
  for (const inner of [schema.items ?? [], schema.anyOf ?? [], schema.oneOf ?? [], schema.allOf ?? []].flat())
    isSchema(t, inner, where);
}

t.test('HTTP-5 /openapi.json is OpenAPI 3.1', async (t) => {
  t.match(openApi, { openapi: /^3\.1\.\d+$/, info: { title: String, version: /^\d+\.\d+\.\d+/ } });
  for (const ref of refsIn(openApi)) t.ok(resolves(openApi, ref), ref);
  for (const [name, schema] of Object.entries(openApi.components.schemas)) isSchema(t, schema, name);
  for (const { method, path, operation } of operations) {
    const where = `${method} ${path}`;
    t.ok(path.startsWith('/') && operation.summary, where);
    const inPath = (operation.parameters ?? []).filter((parameter: any) => parameter.in === 'path');
    t.same(
      inPath.map(({ name }: any) => name).sort(),
      Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name!).sort(),
      `${where}: the parameters of its path`,
    );
    for (const parameter of operation.parameters ?? []) {
      t.ok(parameter.in !== 'path' || parameter.required === true, `${where}: what is in the path is required`);
      isSchema(t, parameter.schema, `${where} ?${parameter.name}`);
    }
    t.ok(
      Object.keys(operation.responses).some((status) => status.startsWith('2')),
      `${where}: it can succeed`,
    );
    for (const [status, response] of Object.entries<any>(operation.responses)) {
      t.match([status, response.description], [/^[2-5]\d\d$/, /\S/], `${where}: ${status}`);
      for (const { schema } of Object.values<any>(response.content ?? {})) isSchema(t, schema, `${where} ${status}`);
    }
    for (const { schema } of Object.values<any>(operation.requestBody?.content ?? {}))
      isSchema(t, schema, `${where} body`);
    for (const scheme of (operation.security ?? []).flatMap(Object.keys))
      t.ok(openApi.components.securitySchemes[scheme], `${where}: ${scheme}`);
  }
});

/** Of every operation. An id may be added; none may be changed or given to another operation: clients are generated from them. */
const OPERATION_IDS = {
  'POST /register': 'register',
  'POST /login': 'login',
  'GET /me': 'get_me',
  'POST /token': 'renew_token',
  'POST /logout': 'logout',
  'POST /access-tokens': 'create_access_token',
  'GET /access-tokens': 'list_access_tokens',
  'DELETE /access-tokens/{}': 'delete_access_token',
  'PUT /subscriptions/{}': 'put_subscription',
  'GET /subscriptions': 'list_subscriptions',
  'GET /subscriptions/{}': 'get_subscription',
  'DELETE /subscriptions/{}': 'delete_subscription',
  'POST /subscriptions/{}/claim': 'claim_partition',
  'POST /subscriptions/{}/release': 'release_partition',
  'POST /subscriptions/{}/ack': 'acknowledge_events',
  'GET /subscriptions/{}/events': 'read_subscription',
  'POST /subscriptions/{}/rotate-secret': 'rotate_webhook_secret',
  'GET /subscriptions/{}/attempts': 'list_webhook_attempts',
  'POST /password': 'change_password',
  'POST /ws-ticket': 'create_ws_ticket',
  'POST /alarms/{}/trigger': 'trigger_alarm',
  'POST /alarms/{}/ack': 'ack_alarm',
  'POST /alarms/{}/unack': 'unack_alarm',
  'POST /alarms/{}/snooze': 'snooze_alarm',
  'POST /alarms/{}/unsnooze': 'unsnooze_alarm',
  'POST /alarms/{}/comments': 'comment_alarm',
  'GET /alarms/{}/occurrences': 'list_occurrences',
  'POST /alarms/{}/clear': 'clear_alarm',
  'POST /alarms/{}/assign': 'assign_alarm',
  'POST /pages/{}/alarms': 'create_alarm',
  'PATCH /alarms/{}': 'update_alarm',
  'DELETE /alarms/{}': 'delete_alarm',
  'POST /pages': 'create_page',
  'PATCH /pages/{}': 'rename_page',
  'DELETE /pages/{}': 'delete_page',
  'POST /pages/{}/shares': 'share_page',
  'POST /pages/{}/leave': 'leave_page',
  'POST /pages/{}/ack': 'ack_page',
  'POST /pages/{}/transfer': 'transfer_page',
  'POST /groups': 'create_group',
  'POST /groups/{}/members/{}': 'add_group_member',
  'DELETE /groups/{}/members/{}': 'remove_group_member',
  'PATCH /groups/{}': 'rename_group',
  'DELETE /groups/{}': 'delete_group',
  'POST /groups/{}/transfer': 'transfer_group',
  'GET /pages': 'list_pages',
  'GET /pages/{}': 'get_page',
  'GET /pages/{}/shares': 'list_page_shares',
  'GET /pages/{}/viewers': 'list_page_viewers',
  'GET /pages/{}/events': 'list_page_events',
  'GET /alarms/{}': 'get_alarm',
  'GET /alarms/{}/events': 'list_alarm_events',
  'GET /events': 'list_events',
  'GET /schemas/{}.json': 'get_schema',
  'GET /groups': 'list_groups',
  'GET /groups/{}': 'get_group',
  'GET /users': 'find_user',
  'GET /users/{}': 'get_user',
  'GET /admin/users': 'list_users',
  'POST /admin/users/{}/transfer': 'transfer_user',
  'POST /password/reset': 'reset_password',
  'POST /admin/invitations': 'create_invitation',
  'POST /admin/users': 'add_user',
  'POST /admin/users/{}/reset': 'issue_reset_code',
  'POST /admin/users/{}/deactivate': 'deactivate_user',
  'DELETE /admin/users/{}/texts': 'erase_texts',
  'POST /admin/users/{}/reactivate': 'reactivate_user',
  'GET /admin/users/{}/sessions': 'list_sessions',
  'DELETE /admin/users/{}/sessions': 'end_sessions',
  'GET /admin/figures': 'get_figures',
  'GET /admin/sockets': 'list_sockets',
  'DELETE /admin/sockets/{}': 'close_socket',
  'GET /admin/roles': 'list_roles',
  'POST /admin/users/{}/roles': 'grant_role',
  'DELETE /admin/users/{}/roles/{}': 'revoke_role',
  'GET /health': 'get_health',
  'GET /ready': 'get_readiness',
  'GET /metrics': 'get_metrics',
  'GET /openapi.json': 'get_openapi',
  'GET /asyncapi.json': 'get_asyncapi',
  'GET /docs': 'get_docs',
  'GET /audit/key': 'get_evidence_key',
  'GET /audit/checkpoint': 'get_checkpoint',
  'GET /audit/proof': 'get_proof',
  'GET /audit/tile/{}/{}': 'get_tile',
  'GET /audit/pages': 'list_audit_pages',
  'GET /audit/pages/{}': 'get_audit_page',
  'GET /audit/pages/{}/events': 'list_audit_page_events',
  'GET /audit/events': 'list_audit_events',
  'GET /audit/access-changes': 'list_access_changes',
  'GET /audit/explain': 'explain_access',
  'GET /audit/denied': 'list_denied',
  'GET /audit/pages/{}/access': 'get_page_access',
  'GET /audit/users/{}/access': 'get_user_access',
  'GET /audit/groups/{}': 'get_audit_group',
};

t.test('DOC-1 every operation keeps its id', async (t) => {
  t.same(
    Object.fromEntries(operations.map(({ method, path, operation }) => [key(method, path), operation.operationId])),
    OPERATION_IDS,
  );
  t.equal(new Set(Object.values(OPERATION_IDS)).size, operations.length, 'each its own');
});

t.test('DOC-2 every operation has a known tag, a description, and examples that fit their schemas', async (t) => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: 'openapi', ...openApi });
  /** A schema of the document, wherever its references point. */
  const inDocument = (value: any): any => {
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(inDocument);
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, name === '$ref' ? `openapi${inner}` : inDocument(inner)]),
    );
  };
  const tags = openApi.tags.map(({ name }: any) => name);
  for (const { method, path, operation } of operations) {
    const where = `${method} ${path}`;
    t.ok(operation.tags.length === 1 && tags.includes(operation.tags[0]) && operation.description, where);
    const bodies = [
      ['body', operation.requestBody],
      ...Object.entries(operation.responses).filter(([status]) => status !== '204'),
    ].flatMap(([of, body]: any) =>
      Object.entries<any>(body?.content ?? {}).map(([type, media]) => ({ of, type, media })),
    );
    t.ok(bodies.length > 0 || operation.responses[204], `${where}: it has a body`);
    for (const { of, type, media } of bodies) {
      const examples = media.examples ? Object.values<any>(media.examples).map(({ value }) => value) : [media.example];
      const fits = ajv.compile(inDocument(media.schema));
      for (const example of examples) {
        t.not(example, undefined, `${where} ${of}, ${type}: it has an example`);
        t.ok(fits(example), `${where} ${of}, ${type}: it fits`, { example, errors: fits.errors });
      }
    }
  }
});

t.test(
  'DOC-2 the problems of an operation are examples with their codes, each of the status they are under',
  async (t) => {
    for (const { method, path, operation } of operations) {
      const problems = Object.entries<any>(operation.responses).filter(
        ([, { content }]) => content?.['application/problem+json'],
      );
      if (operation.security) t.ok(operation.responses[401], `${method} ${path}: 401`);
      if (operation.requestBody)
        t.ok(
          [400, 413, 415, 422].every((status) => operation.responses[status]),
          `${method} ${path}`,
        );
      for (const [status, { content }] of problems) {
        const examples = Object.entries<any>(content['application/problem+json'].examples);
        t.ok(examples.length > 0, `${method} ${path} ${status}`);
        for (const [code, { value }] of examples)
          t.match([value.code, value.status, value.title], [code, Number(status), /\S/], `${method} ${path} ${code}`);
      }
    }
  },
);

t.test('HTTP-5 it lists exactly what docs/protocol.md lists', async (t) => {
  const rows = tableUnder('## HTTP').flatMap(({ 'method and path': cell }) => {
    const [method, ...paths] = cell!.split(/,? /);
    return paths.map((path) => key(method!, path.replace(/\?.*/, '')));
  });
  t.same(rows.sort(), operations.map(({ method, path }) => key(method, path)).sort());
});

t.test('HTTP-5 it lists every route that is served, and each that it lists is served', async (t) => {
  for (const path of Object.keys(openApi.paths)) {
    const listed = Object.keys(openApi.paths[path]).map((method) => method.toUpperCase());
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      // Without a token nothing happens, but what is served says so, or does what needs none.
      const { status, headers, json } = await request(server.url, method, filled(path));
      const allowed = [...listed, ...(listed.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].sort();
      if (method === 'OPTIONS')
        t.same([status, headers.get('allow')?.split(', ').sort()], [204, allowed], `${method} ${path}`);
      else if (listed.includes(method)) t.ok(![404, 405, 500].includes(status), `${method} ${path}: ${status}`);
      else
        t.same(
          [status, json.code, headers.get('allow')?.split(', ').sort()],
          [405, 'method_not_allowed', allowed],
          `${method} ${path}`,
        );
    }
  }
});

t.test('HTTP-5 what needs a token says so, and the answers have the form that is described', async (t) => {
  for (const { method, path, operation } of operations) {
    const { status } = await request(server.url, method, filled(path));
    t.equal(status === 401, Boolean(operation.security), `${method} ${path}: ${status}`);
    t.ok(operation.responses[status], `${method} ${path}: ${status} is described`);
  }
});

t.test('HTTP-5 /asyncapi.json is AsyncAPI 3 and lists every message of the socket', async (t) => {
  const { json, headers } = await get('/asyncapi.json');
  t.match(headers.get('content-type'), 'application/json');
  t.match(json, {
    asyncapi: /^3\.0\.\d+$/,
    info: { title: String, version: openApi.info.version },
    channels: { socket: { address: '/ws' }, events: { address: '/events' } },
  });
  const refs = refsIn([json.operations, json.channels.socket.bindings]);
  for (const ref of refs) t.ok(resolves(json, ref), ref);
  for (const channel of ['socket', 'events'])
    t.equal(
      refs.filter((ref) => ref.includes(`/channels/${channel}/messages/`)).length,
      Object.keys(json.channels[channel].messages).length,
      'each is sent or received',
    );
  for (const [name, { payload }] of Object.entries<any>(json.channels.socket.messages)) {
    t.equal(payload.properties.type.const, name);
    for (const ref of refsIn(payload)) t.ok(resolves(payload, ref), `${name}: ${ref}`);
  }
});

t.test('HTTP-5 /docs works offline: it refers to own paths only, and each of them is served', async (t) => {
  const { status, headers, text } = await get('/docs');
  t.match([status, headers.get('content-type')], [200, /^text\/html/]);
  const references = Array.from(text.matchAll(/(?:src|href)="([^"]*)"/g), ([, reference]) => reference!).filter(
    (reference) => !reference.startsWith('data:'),
  );
  t.ok(references.length >= 3);
  const start = (await get('/docs/start.js')).text;
  const [, url] = /url: '([^']+)'/.exec(start)!;
  for (const path of [...references, url!]) {
    t.match(path, /^\/[^/]/, `${path} is a path of this server`);
    const file = await get(path);
    t.equal(file.status, 200, path);
    t.match(
      file.headers.get('content-type'),
      path.endsWith('.css') ? 'text/css' : path.endsWith('.js') ? 'text/javascript' : 'application/json',
    );
    t.ok(file.text.length > 50);
  }
  t.notMatch(
    (await get('/docs/swagger-ui.css')).text,
    /url\(["']?(https?:)?\/\//,
    'the style asks no other host for anything',
  );
  t.notMatch(start, /https?:\/\//);
});
