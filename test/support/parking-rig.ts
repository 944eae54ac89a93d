/** Parking with a virtual clock's time limits, and what came out of it. */
import { Parking, type ParkingFailure, type ParkingLimits, type Parkable } from '../../src/streams/parking.js';

export interface NamedParkable extends Parkable {
  readonly name: string;
}

let parked = 0;

export function parkable(name: string, more: Partial<Parkable> = {}): NamedParkable {
  const usual = { bytes: 1, id: undefined, key: undefined, until: 'any-stream', mayGoElsewhere: false } as const;
  return { name, nth: parked++, ...usual, since: undefined, isOverdue: false, ...more };
}

export interface ParkingRig {
  readonly parking: Parking<NamedParkable>;
  /** What came out, in order: `a`, `b: PARK_TIMEOUT`. */
  readonly out: string[];
  /** What else happens when a message is tried again. Nothing: it leaves. */
  onRetry: (message: NamedParkable) => void;
  /** What else happens when one is given up. */
  onGiveUp: (message: NamedParkable, failure: ParkingFailure) => void;
  readonly park: (...names: string[]) => void;
}

export function parkingRig(limits: Partial<ParkingLimits> = {}): ParkingRig {
  const rig: ParkingRig = {
    parking: new Parking<NamedParkable>(
      { parkTimeoutMs: 1_000, maxParked: 256, maxParkedBytes: 1_000_000, ...limits },
      {
        retry: (message) => {
          rig.out.push(message.name);
          rig.onRetry(message);
        },
        giveUp: (message, failure) => {
          rig.out.push(`${message.name}: ${failure}`);
          rig.onGiveUp(message, failure);
        },
      },
    ),
    out: [],
    onRetry: () => undefined,
    onGiveUp: () => undefined,
    park: (...names) => {
      for (const name of names) rig.parking.park(parkable(name));
    },
  };
  return rig;
}
