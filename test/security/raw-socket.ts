/** Requests that no client library would write. */
import { connect } from 'node:net';

/** Writes to the server of this URL, and reads until it ends the connection, or says this. @returns what it has answered */
export async function writeRaw(url: string, text: string, until: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(text, 'latin1'));
    socket.setEncoding('latin1').on('data', (data: string) => {
      answer += data;
      if (answer.includes(until)) socket.destroy();
    });
    socket.on('close', () => {
      resolve(answer);
    });
    // What is answered before the whole request is read may be followed by a reset.
    socket.on('error', (error) => {
      if (answer === '') reject(error);
    });
  });
}

/** The statuses of all that was answered. */
export function statusesIn(answer: string): number[] {
  return [...answer.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
}
