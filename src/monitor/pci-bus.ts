/** What is plugged into this machine, whether or not a driver serves it (Documentation/ABI/testing/sysfs-bus-pci). */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const DEVICES = '/sys/bus/pci/devices';
const NVIDIA = '0x10de';
/** VGA and 3D controllers; a card's sound device is of another class. */
const DISPLAY_CLASS = /^0x03/;

/** False where the bus cannot be seen. @param root in front of `/sys`; empty but in tests */
export async function hasNvidiaGpu(root = ''): Promise<boolean> {
  const folder = join(root, DEVICES);
  const devices = await readdir(folder).catch(() => [] as string[]);
  const found = await Promise.all(
    devices.map(async (device) => {
      const read = (file: string) =>
        readFile(join(folder, device, file), 'utf8').then(
          (text) => text.trim(),
          () => '',
        );
      return (await read('vendor')) === NVIDIA && DISPLAY_CLASS.test(await read('class'));
    }),
  );
  return found.includes(true);
}
