/** A waiting room with a virtual clock's time limits, and what came out of it. */
import { Parking, type ParkingFailure, type ParkingLimits, type Ticket } from '../../src/streams/parking.js';

export interface NamedTicket extends Ticket {
  readonly name: string;
}

let tickets = 0;

export function ticket(name: string, more: Partial<Ticket> = {}): NamedTicket {
  const usual = { id: undefined, key: undefined, until: 'any-stream', mayGoElsewhere: false } as const;
  return { name, nth: tickets++, ...usual, since: undefined, isOverdue: false, ...more };
}

export interface ParkingRig {
  readonly parking: Parking<NamedTicket>;
  /** What came out, in order: `a`, `b: PARK_TIMEOUT`. */
  readonly out: string[];
  /** What else happens when a ticket is tried again. Nothing: it leaves. */
  onRetry: (ticket: NamedTicket) => void;
  /** What else happens when one is given up. */
  onGiveUp: (ticket: NamedTicket, failure: ParkingFailure) => void;
  readonly park: (...names: string[]) => void;
}

export function parkingRig(limits: Partial<ParkingLimits> = {}): ParkingRig {
  const rig: ParkingRig = {
    parking: new Parking<NamedTicket>(
      { parkTimeoutMs: 1_000, maxParked: 256, ...limits },
      {
        retry: (ticket) => {
          rig.out.push(ticket.name);
          rig.onRetry(ticket);
        },
        giveUp: (ticket, failure) => {
          rig.out.push(`${ticket.name}: ${failure}`);
          rig.onGiveUp(ticket, failure);
        },
      },
    ),
    out: [],
    onRetry: () => undefined,
    onGiveUp: () => undefined,
    park: (...names) => {
      for (const name of names) rig.parking.park(ticket(name));
    },
  };
  return rig;
}
