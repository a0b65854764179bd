'use strict';

/**
 * Stands in for the module `vscode`, as far as the extension and the language client use it: documents that tests open
 * and change, what was shown, what was published. Any class or enum that it lacks is an empty one.
 */

const Module = require('node:module');
const { pathToFileURL, fileURLToPath } = require('node:url');

class Emitter {
  listeners = new Set();
  event = (listener, that) => {
    const bound = that ? listener.bind(that) : listener;
    this.listeners.add(bound);
    return { dispose: () => this.listeners.delete(bound) };
  };
  fire(value) {
    for (const listener of [...this.listeners]) listener(value);
  }
  dispose() {}
}

class Uri {
  constructor(text) {
    this.text = text;
    this.scheme = text.slice(0, text.indexOf(':'));
    this.path = new URL(text).pathname;
  }
  get fsPath() {
    return this.scheme === 'file' ? fileURLToPath(this.text) : this.path;
  }
  toString() {
    return this.text;
  }
  static parse = (text) => new Uri(text);
  static file = (path) => new Uri(pathToFileURL(path).toString());
}

class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
}

class Range {
  constructor(start, end, line, character) {
    this.start = start instanceof Position ? start : new Position(start, end);
    this.end = start instanceof Position ? end : new Position(line, character);
  }
}

class Diagnostic {
  constructor(range, message, severity) {
    Object.assign(this, { range, message, severity });
  }
}

class CodeActionKind {
  constructor(value) {
    this.value = value;
  }
  append(part) {
    return new CodeActionKind(this.value ? `${this.value}.${part}` : part);
  }
  static Empty = new CodeActionKind('');
  static QuickFix = new CodeActionKind('quickfix');
}

/** An object whose every missing part is a function that gives something disposable, an event, or an empty class. */
function lenient(parts) {
  return new Proxy(parts, {
    get(_, name) {
      if (typeof name !== 'string' || name === 'then') return undefined;
      if (!(name in parts)) parts[name] = missing(name);
      return parts[name];
    },
  });
}

function missing(name) {
  if (/^on(Did|Will)/.test(name)) return new Emitter().event;
  if (/^[A-Z]/.test(name)) return class {};
  return () => ({ dispose() {} });
}

/** A new editor, with what a test asks it. */
function makeEditor({ folder, settings = {} }) {
  const editor = {
    documents: [],
    errors: [],
    answers: {},
    output: [],
    /** @type {Map<string, object[]>} */
    diagnostics: new Map(),
    providers: new Map(),
    opened: new Emitter(),
    changed: new Emitter(),
    closed: new Emitter(),
    configured: new Emitter(),
    commands: new Map(),
    copied: undefined,
    settings,
  };

  editor.open = (path, text, languageId = 'yaml') => {
    const document = { uri: Uri.file(path), languageId, version: 1, text, isUntitled: false, getText: () => document.text };
    document.lineCount = text.split('\n').length;
    document.fileName = path;
    editor.documents.push(document);
    editor.opened.fire(document);
    return document;
  };
  /** Replaces a whole document's text. */
  editor.write = (document, text) => {
    const lines = document.text.split('\n');
    const range = new Range(0, 0, lines.length - 1, lines.at(-1).length);
    const contentChanges = [{ range, rangeOffset: 0, rangeLength: document.text.length, text }];
    document.text = text;
    document.version += 1;
    editor.changed.fire({ document, contentChanges, reason: undefined });
  };
  editor.close = (document) => {
    editor.documents = editor.documents.filter((other) => other !== document);
    editor.closed.fire(document);
  };

  const log = (line) => editor.output.push(String(line));
  const channel = lenient({ append: log, appendLine: log, error: log, warn: log, info: log, debug: log, trace: log, logLevel: 3 });
  const collection = lenient({
    set: (uri, found) => editor.diagnostics.set(uri.toString(), found ?? []),
    delete: (uri) => editor.diagnostics.delete(uri.toString()),
    clear: () => editor.diagnostics.clear(),
    has: (uri) => editor.diagnostics.has(uri.toString()),
    dispose() {},
  });
  const selected = (selector, document) => [selector].flat().some((part) => part.language === document.languageId && (!part.scheme || part.scheme === document.uri.scheme));
  const languages = {
    createDiagnosticCollection: () => collection,
    match: (selector, document) => (selected(selector, document) ? 10 : 0),
  };
  for (const kind of ['InlayHints', 'Hover', 'DocumentFormattingEdit']) {
    languages[`register${kind}Provider`] = (selector, provider) => {
      editor.providers.set(kind, provider);
      return { dispose: () => editor.providers.delete(kind) };
    };
  }

  editor.vscode = lenient({
    EventEmitter: Emitter,
    Uri,
    Position,
    Range,
    Diagnostic,
    CodeActionKind,
    version: '1.100.0',
    Disposable: class {
      constructor(dispose) {
        this.dispose = dispose;
      }
    },
    CancellationTokenSource: class {
      token = { isCancellationRequested: false, onCancellationRequested: new Emitter().event };
      cancel() {}
      dispose() {}
    },
    CancellationError: class extends Error {},
    languages: lenient(languages),
    env: lenient({ clipboard: { writeText: async (text) => void (editor.copied = text) }, language: 'en', appName: 'test' }),
    extensions: lenient({ getExtension: () => undefined, all: [] }),
    commands: lenient({
      registerCommand: (name, run) => {
        editor.commands.set(name, run);
        return { dispose: () => editor.commands.delete(name) };
      },
      executeCommand: async (name, ...given) => editor.commands.get(name)?.(...given),
    }),
    window: lenient({
      get visibleTextEditors() {
        return editor.documents.map((document) => ({ document }));
      },
      tabGroups: lenient({ all: [] }),
      createOutputChannel: () => channel,
      showErrorMessage: async (message, ...actions) => {
        editor.errors.push(message);
        return actions.find((action) => action === editor.answers.error);
      },
    }),
    workspace: lenient({
      get textDocuments() {
        return editor.documents;
      },
      workspaceFolders: [{ uri: Uri.file(folder), name: 'here', index: 0 }],
      notebookDocuments: [],
      isTrusted: true,
      getWorkspaceFolder: () => ({ uri: Uri.file(folder), name: 'here', index: 0 }),
      getConfiguration: (section) => ({ get: (name, other) => editor.settings[section ? `${section}.${name}` : name] ?? other }),
      onDidOpenTextDocument: editor.opened.event,
      onDidChangeTextDocument: editor.changed.event,
      onDidCloseTextDocument: editor.closed.event,
      onDidChangeConfiguration: editor.configured.event,
    }),
  });
  return editor;
}

/** The extension's main module, loaded anew from a folder, with an editor in the place of `vscode`. */
function load(root, editor) {
  for (const name of Object.keys(require.cache)) if (name.startsWith(root)) delete require.cache[name];
  const original = Module._load;
  Module._load = (name, ...more) => (name === 'vscode' ? editor.vscode : original(name, ...more));
  editor.unload = () => void (Module._load = original);
  return require(root);
}

/** Waits until something holds. */
async function until(what, holds, patience = 60_000) {
  const end = Date.now() + patience;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

module.exports = { makeEditor, load, until, Uri };
