import { ConnectCredentialType } from './constants.js';
import type { virConnectAuth, virConnectCredential } from './native-types.js';

const types: Readonly<Record<CredentialType, ConnectCredentialType>> = {
  username: ConnectCredentialType.USERNAME,
  authname: ConnectCredentialType.AUTHNAME,
  language: ConnectCredentialType.LANGUAGE,
  cnonce: ConnectCredentialType.CNONCE,
  passphrase: ConnectCredentialType.PASSPHRASE,
  echoPrompt: ConnectCredentialType.ECHOPROMPT,
  noEchoPrompt: ConnectCredentialType.NOECHOPROMPT,
  realm: ConnectCredentialType.REALM,
  external: ConnectCredentialType.EXTERNAL,
};

/**
 * What libvirt may ask for: `authname` and `passphrase` by SASL; `echoPrompt` (a question, such as whether a host key is
 * to be trusted) and `noEchoPrompt` (a secret) by libssh and libssh2; the others by some drivers.
 */
export type CredentialType =
  'username' | 'authname' | 'language' | 'cnonce' | 'passphrase' | 'echoPrompt' | 'noEchoPrompt' | 'realm' | 'external';

/** One question. */
export interface CredentialPrompt {
  readonly type: CredentialType;
  /** A text for a person. */
  readonly prompt: string;
  /** What the answer is to be made from, where the mechanism has such a thing. */
  readonly challenge: string | null;
  /** What is meant when a person enters nothing. */
  readonly defresult: string | null;
}

/** Answers that are known from the start. What is not here is not answered. */
export interface Credentials extends Partial<Record<CredentialType, string>> {
  /** Who one is: the answer to `username` and, unless that is here too, to `authname`. */
  username?: string;
  /** The answer to `passphrase` and `noEchoPrompt`, unless these are here too. */
  password?: string;
}

/** Ends the wait for an answer. */
export interface CredentialsContext {
  /** Aborted when the connection is open, or is not to be opened any more. */
  readonly signal: AbortSignal;
}

/**
 * Answers libvirt's questions, now or later: as many strings as there are questions, or null to refuse. The opening ends
 * with the error that it throws. Whoever opens with a `timeout` or a `signal` need not fear that it never answers.
 */
export type CredentialsCallback = (
  prompts: readonly CredentialPrompt[],
  context: CredentialsContext,
) => readonly string[] | null | PromiseLike<readonly string[] | null>;

/** How questions are answered while one connection is opened. */
export interface Answering {
  readonly auth: virConnectAuth;
  /** Whether it is what the callback threw. */
  isThrown(error: unknown): boolean;
  end(): void;
}

/** The answers of a connection, for each time that it is opened. Nothing that is inspected or printed shows them. */
export class Answers {
  readonly #offered: readonly number[];
  readonly #callback: () => CredentialsCallback;

  /** @throws TypeError which says what is wrong without what was given */
  constructor(where: string, given: unknown) {
    if (typeof given === 'function') {
      this.#offered = Object.values(types);
      this.#callback = () => given as CredentialsCallback;
      return;
    }
    const known = checked(where, given);
    const names = (Object.keys(types) as CredentialType[]).filter((name) => known[name] !== undefined);
    this.#offered = names.map((name) => types[name]);
    this.#callback = () => {
      // Who asks the same again did not like the answer: libssh would go on for ever.
      const asked = new Set<string>();
      return (prompts) => {
        const answers = prompts.map(({ type }) => known[type]);
        const isNew = prompts.every(({ type, prompt }) => !asked.has(`${type} ${prompt}`));
        for (const { type, prompt } of prompts) asked.add(`${type} ${prompt}`);
        return isNew && answers.every((answer) => answer !== undefined) ? answers : null;
      };
    };
  }

  begin(): Answering {
    const callback = this.#callback();
    const ending = new AbortController();
    let thrown: { error: unknown } | undefined;
    const ask = async (cred: virConnectCredential[]) => {
      try {
        return await callback(cred.map(toPrompt), { signal: ending.signal });
      } catch (error) {
        thrown = { error };
        throw error;
      }
    };
    return {
      auth: { credentials: this.#offered, callback: ask },
      isThrown: (error) => thrown !== undefined && error === thrown.error,
      end: () => {
        ending.abort();
      },
    };
  }
}

function checked(where: string, given: unknown): Partial<Record<CredentialType, string>> {
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`${where} must be an object or a function but is ${given === null ? 'null' : typeof given}`);
  }
  for (const [name, value] of Object.entries(given)) {
    if (name !== 'password' && !(name in types)) throw new TypeError(`${where} has no ${name}`);
    if (value !== undefined && (typeof value !== 'string' || value.includes('\0'))) {
      throw new TypeError(`${where}.${name} must be a string without NUL characters`);
    }
  }
  const { username, password, ...rest } = given as Credentials;
  const implied = { username, authname: username, passphrase: password, noEchoPrompt: password };
  const all = { ...implied, ...withoutUndefined(rest) };
  return withoutUndefined(all);
}

function withoutUndefined<T extends object>(object: T): { [Name in keyof T]?: Exclude<T[Name], undefined> } {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Name in keyof T]?: Exclude<T[Name], undefined> };
}

function toPrompt({ type, ...rest }: virConnectCredential): CredentialPrompt {
  const name = (Object.keys(types) as CredentialType[]).find((one) => types[one] === type);
  // A type that was not offered is never asked for.
  return { type: name ?? 'echoPrompt', ...rest };
}
