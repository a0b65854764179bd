'use strict';

/** Recognizes which YAML files are specs, and hides all others from the language server. */

const NAME = /\.kspec\.ya?ml$/i;
const KEY = /^(?:\{\s*)?["']?kspec["']?[ \t]*:/m;
const MODELINE = /^#[ \t]*yaml-language-server:[ \t]*\$schema=\S*kspec\.schema\.json/m;

/**
 * Whether a text is a spec: by its file name, by a top-level key `kspec`, or by the schema it refers to.
 *
 * @param {string} uri
 * @param {string} text
 */
function isSpec(uri, text) {
  return NAME.test(uri.replace(/[?#].*$/, '')) || KEY.test(text) || MODELINE.test(text);
}

/**
 * Filters what the client sends: it reports every YAML file, but the server receives only specs.
 *
 * A file that becomes a spec while it is edited is opened on the server at that moment; a spec stays open.
 */
class Gate {
  /** @param {(uri: string) => {languageId: string, version: number, text: string} | undefined} documentOf */
  constructor(documentOf) {
    this.documentOf = documentOf;
    /** @type {Map<string, number>} the files open on the server, with the version first sent */
    this.open = new Map();
    this.middleware = {
      sendNotification: (type, next, params) => this.notification(type, next, params),
      sendRequest: (type, params, token, next) => this.request(type, params, token, next),
    };
  }

  async notification(type, next, params) {
    const method = typeof type === 'string' ? type : type.method;
    const document = params?.textDocument;
    if (!document || !method.startsWith('textDocument/')) return next(type, params);
    switch (method) {
      case 'textDocument/didOpen':
        if (!isSpec(document.uri, document.text)) return;
        this.open.set(document.uri, document.version);
        return next(type, params);
      case 'textDocument/didChange':
        if (!this.open.has(document.uri)) return this.openLate(document.uri, next);
        if (document.version <= this.open.get(document.uri)) return; // already part of the text it was opened with
        return next(type, params);
      case 'textDocument/didClose':
        return this.open.delete(document.uri) ? next(type, params) : undefined;
      default:
        return this.open.has(document.uri) ? next(type, params) : undefined;
    }
  }

  async openLate(uri, next) {
    const found = this.documentOf(uri);
    if (!found || !isSpec(uri, found.text)) return;
    this.open.set(uri, found.version);
    return next('textDocument/didOpen', { textDocument: { uri, ...found } });
  }

  async request(type, params, token, next) {
    const uri = params?.textDocument?.uri;
    if (!uri || this.open.has(uri)) return next(type, params, token);
    return (typeof type === 'string' ? type : type.method) === 'textDocument/diagnostic' ? { kind: 'full', items: [] } : null;
  }
}

module.exports = { isSpec, Gate };
