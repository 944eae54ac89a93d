/** The doctor could not try anything. The message says why, and what to do. */
export class DoctorFault extends Error {
  override readonly name = 'DoctorFault';
}
