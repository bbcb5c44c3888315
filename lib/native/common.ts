/** What all parts of the raw layer's types share. */

declare const kind: unique symbol;

/** A libvirt object: opaque, freed when nothing refers to it any more or when its connection is closed. */
export interface Handle<K extends string> {
  readonly [kind]: K;
}
export type virConnect = Handle<'virConnect'>;
export type virDomain = Handle<'virDomain'>;
export type virDomainCheckpoint = Handle<'virDomainCheckpoint'>;
export type virDomainSnapshot = Handle<'virDomainSnapshot'>;
export type virInterface = Handle<'virInterface'>;
export type virNWFilter = Handle<'virNWFilter'>;
export type virNWFilterBinding = Handle<'virNWFilterBinding'>;
export type virNetwork = Handle<'virNetwork'>;
export type virNetworkPort = Handle<'virNetworkPort'>;
export type virNodeDevice = Handle<'virNodeDevice'>;
export type virSecret = Handle<'virSecret'>;
export type virStoragePool = Handle<'virStoragePool'>;
export type virStorageVol = Handle<'virStorageVol'>;
export type virStream = Handle<'virStream'>;
export type virAdmConnect = Handle<'virAdmConnect'>;
export type virAdmServer = Handle<'virAdmServer'>;
export type virAdmClient = Handle<'virAdmClient'>;

/** What C takes NULL for. */
export type MaybeNull<T> = T | null | undefined;

/** A value of a typed parameter, by its wire type; a field that comes more than once is an array. */
export type TypedScalar = number | bigint | boolean | string | null;
/** Typed parameters as they come: by libvirt's names. */
export type TypedParams = Record<string, TypedScalar | TypedScalar[]>;

/** A value with its wire type, for a field that the library's table does not know. */
export interface TypedValue {
  readonly type: 'int' | 'uint' | 'llong' | 'ullong' | 'double' | 'boolean' | 'string';
  readonly value: number | bigint | boolean | string;
}
type ParamIn = number | bigint | boolean | string | TypedValue;
/** Typed parameters for a setter: fields by their wire names. What is null or undefined is left out. */
export type TypedParamsIn = Readonly<Record<string, ParamIn | readonly ParamIn[] | null | undefined>>;
