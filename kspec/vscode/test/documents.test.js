'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { Gate, isSpec } = require('../documents');

test('what is a spec', () => {
  for (const text of ['kspec: 1\n', '# c\nname: x\r\nkspec: 1', '"kspec": 1', '{kspec: 1}', '# yaml-language-server: $schema=../s/kspec.schema.json\n']) {
    assert.ok(isSpec('file:///a.yaml', text), text);
  }
  for (const text of ['', 'services: {}\n', 'a:\n  kspec: 1\n', '# kspec: 1\n', 'kspecs: 1\n', '# yaml-language-server: $schema=other.json\n']) {
    assert.ok(!isSpec('file:///a.yaml', text), text);
    assert.ok(isSpec('file:///a.kspec.yaml', text), text);
  }
  assert.ok(!isSpec('file:///kspec.yaml', 'a: 1'));
});

const change = (uri, version) => ({ textDocument: { uri, version }, contentChanges: [] });

test('the server receives only specs', async () => {
  const documents = {};
  const gate = new Gate((uri) => documents[uri]);
  const heard = [];
  const next = async (type, params) => void heard.push([type.method ?? type, params.textDocument.uri, params.textDocument.version]);
  const tell = (method, params) => gate.middleware.sendNotification({ method }, next, params);
  const ask = (method, uri) => gate.middleware.sendRequest({ method }, { textDocument: { uri } }, undefined, async () => 'answer');

  await tell('textDocument/didOpen', { textDocument: { uri: 'spec', version: 1, text: 'kspec: 1' } });
  await tell('textDocument/didOpen', { textDocument: { uri: 'other', version: 1, text: 'a: 1' } });
  await tell('textDocument/didSave', { textDocument: { uri: 'other' } });
  assert.deepEqual(heard, [['textDocument/didOpen', 'spec', 1]]);
  assert.equal(await ask('textDocument/hover', 'spec'), 'answer');
  assert.equal(await ask('textDocument/hover', 'other'), null);
  assert.deepEqual(await ask('textDocument/diagnostic', 'other'), { kind: 'full', items: [] });

  documents.other = { languageId: 'yaml', version: 2, text: 'a: 1\nb: 2' };
  await tell('textDocument/didChange', change('other', 2));
  documents.other = { languageId: 'yaml', version: 4, text: 'kspec: 1' };
  for (const version of [3, 4, 5]) await tell('textDocument/didChange', change('other', version));
  await tell('textDocument/didClose', { textDocument: { uri: 'other' } });
  await tell('textDocument/didClose', { textDocument: { uri: 'third' } });
  assert.deepEqual(heard.slice(1), [
    ['textDocument/didOpen', 'other', 4],
    ['textDocument/didChange', 'other', 5],
    ['textDocument/didClose', 'other', undefined],
  ]);
  assert.equal(await ask('textDocument/hover', 'other'), null);
});

test('messages without a document pass through', async () => {
  const gate = new Gate(() => undefined);
  assert.equal(await gate.middleware.sendNotification('initialized', async () => 'sent', {}), 'sent');
  assert.equal(await gate.middleware.sendRequest('shutdown', undefined, undefined, async () => 'done'), 'done');
});
