/** A machine for libvirt's test driver, with so many running domains. */
export function machineXML(domains: number): string {
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  const domain = (_: unknown, i: number): string => `
<domain type="test">
  <name>machine-${i}</name>
  <uuid>${hex(i + 1, 8)}-0000-4000-8000-000000000000</uuid>
  <memory>65536</memory>
  <vcpu>1</vcpu>
  <os><type>hvm</type></os>
  <devices>
    <disk type="file" device="disk"><source file="/images/${i}.img"/><target dev="vda" bus="virtio"/></disk>
    <interface type="network"><mac address="52:54:00:${hex(i >> 16, 2)}:${hex((i >> 8) & 255, 2)}:${hex(i & 255, 2)}"/><source network="default"/></interface>
  </devices>
</domain>`;
  return `<node>
<cpu><mhz>2600</mhz><model>x86_64</model><active>8</active><nodes>2</nodes><sockets>1</sockets><cores>4</cores></cpu>
<memory>16777216</memory>${Array.from({ length: domains }, domain).join('')}
<network><name>default</name><bridge name="virbr0"/><ip address="192.168.122.1" netmask="255.255.255.0"/></network>
</node>`;
}
