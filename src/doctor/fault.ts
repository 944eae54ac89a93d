/** The doctor could not try anything. The message says why, and what to do. */
export class DoctorFault extends Error {
  override readonly name = 'DoctorFault';
}

/** Another server than the backend of the doctor is behind the proxy. */
export class OtherServer extends DoctorFault {
  constructor(whatToDo?: string) {
    super(
      `the server behind the proxy is not the backend of the doctor${whatToDo === undefined ? '' : `. ${whatToDo}`}`,
    );
  }
}
