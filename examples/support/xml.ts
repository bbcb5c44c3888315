import { XMLParser } from 'fast-xml-parser';

/** The parser makes an array only of what is there more than once. */
type Many<T> = T | T[];

export function list<T>(value: Many<T> | undefined): T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

// Of each document only what the walk-through reads. An element that is empty and has no attributes is ''.

interface CapabilitiesXML {
  capabilities: {
    host?: { cpu?: { arch?: string } };
    guest?: Many<{ os_type: string; arch: { name: string; domain?: Many<{ type: string }> } }>;
  };
}

interface NetworkXML {
  network: {
    forward?: { mode?: string } | '';
    bridge?: { name?: string };
    ip?: Many<{
      address: string;
      netmask?: string;
      prefix?: string;
      dhcp?: { range?: Many<{ start: string; end: string }> } | '';
    }>;
  };
}

export interface InterfaceXML {
  /** How it is plugged in: `network`, `bridge`, `user`, … */
  type: string;
  mac?: { address: string };
  source?: { network?: string; bridge?: string; dev?: string };
  /** Its name on the host while the machine runs. */
  target?: { dev?: string };
}

interface DomainXML {
  domain: { devices?: { interface?: Many<InterfaceXML> } | '' };
}

const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '', parseTagValue: false });

export function parseCapabilities(xml: string): CapabilitiesXML['capabilities'] {
  return (parser.parse(xml) as CapabilitiesXML).capabilities;
}

export function parseNetwork(xml: string): NetworkXML['network'] {
  return (parser.parse(xml) as NetworkXML).network;
}

export function parseInterfaces(domainXML: string): InterfaceXML[] {
  const { devices } = (parser.parse(domainXML) as DomainXML).domain;
  return list(devices === '' ? undefined : devices?.interface);
}

/** A text as it may stand in XML, in an attribute too. */
export function escapeXML(text: string): string {
  return text.replace(/[&<>'"]/g, (char) => `&#${String(char.charCodeAt(0))};`);
}
