/** The cards that a process sees, by the variables of every vendor's runtime. */
import { expect, test } from 'vitest';
import { visibleDevices } from '../../../src/backend/command/devices.ts';

const card = (key: string, index = 0) => ({ key, index });
const NVIDIA = 'GPU-11111111-2222-3333-4444-555555555555';

test.each([
  ['no card', [], { CUDA: '-1', HIP: '-1', ROCR: '-1', VULKAN: '-1' }],
  ['a card of NVIDIA', [card(NVIDIA)], { CUDA: NVIDIA, ROCR: '-1', VULKAN: '-1' }],
  ['two of them', [card(NVIDIA), card('MIG-1a', 1)], { CUDA: `${NVIDIA},MIG-1a`, ROCR: '-1', VULKAN: '-1' }],
  // HIP counts what ROCR leaves, and takes the variable of CUDA for one of its own.
  ['a card of AMD', [card('0x0123456789abcdef')], { ROCR: 'GPU-0123456789abcdef' }],
  [
    'cards that have an index alone',
    [card('1', 1), card('3', 3)],
    { CUDA: '1,3', ROCR: '1,3', ORDER: 'PCI_BUS_ID' },
  ],
] as const)('%s is all that a process sees', (_what, gpus, seen) => {
  const names = {
    CUDA: 'CUDA_VISIBLE_DEVICES',
    HIP: 'HIP_VISIBLE_DEVICES',
    ROCR: 'ROCR_VISIBLE_DEVICES',
    VULKAN: 'GGML_VK_VISIBLE_DEVICES',
    ORDER: 'CUDA_DEVICE_ORDER',
  } as const;
  const variables = Object.entries(seen).map(([short, value]) => [names[short as keyof typeof names], value]);
  expect(visibleDevices(gpus)).toEqual(Object.fromEntries(variables));
});
