'use strict';

/** Starts `kspec lsp` when the first spec is opened; shows how to fix it if that fails. */

const vscode = require('vscode');
const { isSpec, Gate } = require('./documents');
const { findProgram, probe } = require('./program');

const LANGUAGE = 'yaml';
const SCHEMES = ['file', 'untitled'];

class Extension {
  constructor(output) {
    this.output = output;
    this.client = undefined;
    /** @type {Promise<void> | undefined} the start, running or finished; a failed one is not retried automatically */
    this.started = undefined;
  }

  /** Starts the server if the document is a spec and the server is not running yet. */
  consider(document) {
    if (this.started || document.languageId !== LANGUAGE || !SCHEMES.includes(document.uri.scheme)) return;
    if (isSpec(document.uri.toString(), document.getText())) this.started = this.start(document);
  }

  async start(document) {
    const folders = (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath);
    const folder = vscode.workspace.getWorkspaceFolder(document.uri)?.uri.fsPath ?? folders[0];
    const setting = vscode.workspace.getConfiguration('kspec', document.uri).get('path', '');
    const program = findProgram(setting, folder ? [folder, ...folders.filter((other) => other !== folder)] : []);
    const problem = await probe(program, folder);
    if (problem) {
      this.showProblem(problem);
      return;
    }
    const { LanguageClient } = require('vscode-languageclient/node');
    const gate = new Gate(open);
    this.client = new LanguageClient(
      'kspec',
      'kspec',
      { command: program, args: ['lsp'], options: { cwd: folder } },
      {
        documentSelector: SCHEMES.map((scheme) => ({ scheme, language: LANGUAGE })),
        outputChannel: this.output,
        middleware: gate.middleware,
      },
    );
    try {
      await this.client.start();
    } catch (error) {
      this.output.error(`\`${program} lsp\` failed to start: ${error.message ?? error}`); // the client has already shown it
    }
  }

  /** Shows a problem without waiting for the user's choice. */
  showProblem({ message, command }) {
    this.output.error(message);
    const actions = [...(command ? ['Copy the command'] : []), 'Open the setting', 'Show the output'];
    void vscode.window.showErrorMessage(`kspec: ${message}`, ...actions).then((action) => {
      if (action === 'Copy the command') return vscode.env.clipboard.writeText(command);
      if (action === 'Open the setting') return vscode.commands.executeCommand('workbench.action.openSettings', 'kspec.path');
      if (action === 'Show the output') return this.output.show();
      return undefined;
    });
  }

  async stop() {
    await this.started;
    const client = this.client;
    this.client = this.started = undefined;
    await client?.dispose();
  }

  async restart() {
    await this.stop();
    vscode.workspace.textDocuments.forEach((document) => this.consider(document));
    await this.started;
  }
}

/** An open document, in the form the server receives. */
function open(uri) {
  const document = vscode.workspace.textDocuments.find((candidate) => candidate.uri.toString() === uri);
  return document && { languageId: document.languageId, version: document.version, text: document.getText() };
}

let extension;

async function activate(context) {
  const output = vscode.window.createOutputChannel('kspec', { log: true });
  extension = new Extension(output);
  context.subscriptions.push(
    output,
    vscode.workspace.onDidOpenTextDocument((document) => extension.consider(document)),
    vscode.workspace.onDidChangeTextDocument((event) => extension.consider(event.document)),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('kspec.path')) void extension.restart();
    }),
    vscode.commands.registerCommand('kspec.restart', () => extension.restart()),
    vscode.commands.registerCommand('kspec.showOutput', () => output.show()),
  );
  vscode.workspace.textDocuments.forEach((document) => extension.consider(document));
}

async function deactivate() {
  await extension?.stop();
}

module.exports = { activate, deactivate };
