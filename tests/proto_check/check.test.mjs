// The check must be able to fail: each row spoils one thing in a copy of the subset, and names what is then said.
//
//   node --test
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const subset = join(here, '../../targets/temporal/proto');

function check(folder) {
  return spawnSync(process.execPath, [join(here, 'check.mjs'), folder], { encoding: 'utf8' });
}

function checkSpoilt(file, from, to) {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-proto-'));
  try {
    cpSync(subset, folder, { recursive: true });
    const text = readFileSync(join(folder, file), 'utf8');
    assert.ok(text.includes(from), `${file} has no "${from}" to spoil`);
    writeFileSync(join(folder, file), text.replace(from, to));
    return check(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const service = 'temporal_service.proto';
const rows = [
  ['another number', service, 'string request_id = 10;', 'string request_id = 30;', /request_id \(30\): there is no field 30/],
  ['a taken number', service, 'string identity = 9;', 'string identity = 13;', /identity \(13\): is cronSchedule there/],
  ['another type', service, 'string identity = 9;', 'int32 identity = 9;', /identity \(9\): int32 here, string there/],
  ['another cardinality', service, 'string identity = 9;', 'repeated string identity = 9;', /repeated here, single there/],
  ['no map', service, 'map<string, Payload> fields = 1;', 'repeated Payload fields = 1;', /repeated here, map<string> there/],
  ['out of its oneof', service, 'oneof attributes {', 'oneof others {', /in oneof others here, attributes there/],
  ['another enum value', service, 'STATUS_RUNNING = 1;', 'STATUS_RUNNING = 9;', /STATUS_RUNNING is 9 here, 1 there/],
  ['an unknown rpc', service, 'rpc GetSystemInfo(', 'rpc GetSystemInformation(', /GetSystemInformation: is not there/],
  ['deep inside', service, 'Failure cause = 4;', 'Failure cause = 2;', /Failure.cause \(2\): is source there/],
  ['an unknown error detail', 'temporal_error_details.proto', 'message NamespaceNotFoundFailure', 'message NamespaceAway', /NamespaceAway: is not there/],
  ['an unused message', service, 'message GetSystemInfoRequest {}', 'message GetSystemInfoRequest {}\nmessage Idle {}', /Idle: is used by no rpc/],
];

test('the subset agrees', () => {
  const told = check(subset);
  assert.equal(told.status, 0, told.stderr);
  assert.match(told.stdout, /^\d+ messages, \d+ fields agree\n$/);
});

for (const [name, file, from, to, says] of rows) {
  test(`finds ${name}`, () => {
    const told = checkSpoilt(file, from, to);
    assert.equal(told.status, 1);
    assert.match(told.stderr, says);
  });
}
